"""Tickets as vectors and bags of words, and the search for similar ones."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal, NamedTuple
from uuid import UUID

from psycopg.rows import args_row
from psycopg.sql import SQL
from psycopg.sql import Literal as Value

from deskhand.store.connection import Connection
from deskhand.store.embedding_models import EmbeddingModel

type Standing = Literal["original", "done"]

# Candidates of a search of the graph; fewer miss some of the nearest in 100,000 tickets.
EF_SEARCH = 120
# Where a filter leaves too few, the search goes on up to this many vectors.
MAX_SCANNED = 4_000
# The newest tickets are compared one by one; more than can arrive at the same moment.
RECENT = 100


@dataclass(frozen=True)
class TicketVector:
    """Vector and words of a ticket's text at `text_version`; `embedding` in pgvector's format."""

    ticket_id: UUID
    text_version: int
    embedding: str
    terms: list[int]
    weights: list[float]


@dataclass(frozen=True)
class SearchScope:
    """The scope of a search: tickets of a standing, with ids from `since`, without `ticket_id`."""

    ticket_id: UUID | None
    standing: Standing
    since: UUID
    embedding: str
    rare: list[int]  # terms that few tickets have
    limit: int


class Near(NamedTuple):
    """A ticket near another one, with the cosine of their vectors."""

    ticket_id: UUID
    cosine: float
    words: bytes  # packed bag of words
    text_version: int  # of the text that the vector was made from


def put(conn: Connection, model: str, vectors: Sequence[TicketVector]) -> int:
    """Stores vectors and returns how many; skips tickets that were deleted or edited meanwhile, and
    a model that was dropped.
    """
    with conn.cursor() as cursor:
        cursor.executemany(
            """
            WITH read AS (
                SELECT id, standing_of(status, duplicate_of) AS standing
                FROM tickets JOIN embedding_models ON model = %(model)s
                WHERE id = %(ticket_id)s AND text_version = %(text_version)s
                FOR SHARE OF tickets FOR KEY SHARE OF embedding_models
            )
            INSERT INTO ticket_vectors
                (ticket_id, model, text_version, standing, embedding, terms, weights)
            SELECT id, %(model)s, %(text_version)s, standing, %(embedding)s::text::halfvec,
                   %(terms)s, %(weights)s
            FROM read
            ON CONFLICT (ticket_id, model) DO UPDATE SET
                text_version = excluded.text_version, standing = excluded.standing,
                embedding = excluded.embedding, terms = excluded.terms, weights = excluded.weights
            """,
            [{**vars(each), "model": model} for each in vectors],
        )
        return cursor.rowcount


def vector_of(
    conn: Connection, model: str, ticket_id: UUID, text_version: int
) -> TicketVector | None:
    """The ticket's vector by the model; None when the model has not read that text version."""
    row = conn.execute(
        """
        SELECT ticket_id, text_version, embedding::text, terms, weights FROM ticket_vectors
        WHERE ticket_id = %(ticket_id)s AND model = %(model)s AND text_version = %(text_version)s
        """,
        {"ticket_id": ticket_id, "model": model, "text_version": text_version},
    ).fetchone()
    return TicketVector(**row) if row else None


def nearest_tickets(conn: Connection, model: EmbeddingModel, wanted: SearchScope) -> list[Near]:
    """The nearest tickets by vector, and some that share rare words, without duplicates.

    None of the newest is missed. Call it outside a transaction.
    """
    given = {**vars(wanted), "model": model.model, "recent": RECENT}
    cursor = conn.cursor(row_factory=args_row(Near))
    with conn.pipeline():
        conn.execute(WALK)
        cursor.execute(_query(model.dimensions), given, binary=True)
    found = {each.ticket_id: each for each in cursor}
    return list(found.values())


def compare(conn: Connection, model: str, ticket_id: UUID, embedding: str) -> Near | None:
    """One ticket compared with a vector, whatever its standing; None when the model has not read
    it.
    """
    cursor = conn.cursor(row_factory=args_row(Near))
    return cursor.execute(
        """
        SELECT ticket_id, 1 - (embedding <=> %(embedding)s::halfvec) AS cosine, words, text_version
        FROM ticket_vectors WHERE model = %(model)s AND ticket_id = %(ticket_id)s
        """,
        {"model": model, "ticket_id": ticket_id, "embedding": embedding},
        binary=True,
    ).fetchone()


@cache
def _query(dimensions: int) -> bytes:
    return SQL(_NEAR).format(dimensions=Value(dimensions)).as_bytes()


# The limits of the graph search, for the transaction of the search only.
WALK = (
    f"SELECT set_config('hnsw.ef_search', '{EF_SEARCH}', true),"
    " set_config('hnsw.iterative_scan', 'relaxed_order', true),"
    f" set_config('hnsw.max_scan_tuples', '{MAX_SCANNED}', true)"
)

# A trigger keeps the standing of a vector equal to its ticket's, so no ticket has to be read.
# Duplicates that enter the graph at the same moment do not see each other there, and one of them
# can stay unreachable for every search. `recent` finds these without the graph. A row that is found
# twice is returned twice: this costs less than a join.
_NEAR = """
WITH near AS MATERIALIZED (
    SELECT ticket_id, words, text_version,
           embedding::halfvec({dimensions}) <=> %(embedding)s::halfvec({dimensions}) AS distance
    FROM ticket_vectors
    WHERE model = %(model)s AND standing = %(standing)s AND ticket_id >= %(since)s
          AND ticket_id IS DISTINCT FROM %(ticket_id)s::uuid
    ORDER BY distance LIMIT %(limit)s
), worded AS MATERIALIZED (
    SELECT ticket_id, words, text_version, embedding <=> %(embedding)s::halfvec AS distance
    FROM ticket_vectors
    WHERE model = %(model)s AND standing = %(standing)s AND ticket_id >= %(since)s
          AND ticket_id IS DISTINCT FROM %(ticket_id)s::uuid AND terms && %(rare)s::int[]
    LIMIT %(limit)s / 4
), recent AS MATERIALIZED (
    SELECT ticket_id, words, text_version, embedding <=> %(embedding)s::halfvec AS distance
    FROM ticket_vectors
    WHERE model = %(model)s AND standing = %(standing)s AND ticket_id >= %(since)s
          AND ticket_id IS DISTINCT FROM %(ticket_id)s::uuid
    ORDER BY ticket_id DESC LIMIT %(recent)s
)
SELECT ticket_id, 1 - distance AS cosine, words, text_version
FROM (SELECT * FROM near UNION ALL SELECT * FROM worded
      UNION ALL (SELECT * FROM recent ORDER BY distance LIMIT %(limit)s / 8)) AS found
ORDER BY distance
"""


# Common terms change slowly, so they are read again only after some minutes.
_KEPT_SECONDS = 600
_common: tuple[float, frozenset[int]] = (0.0, frozenset())


def common_terms(conn: Connection) -> frozenset[int]:
    """Terms that many tickets contain, from Postgres's statistics of the last ANALYZE."""
    global _common
    if _common[0] < time.monotonic():
        row = conn.execute(
            """
            SELECT most_common_elems::text::int[] AS terms FROM pg_stats
            WHERE schemaname = current_schema() AND tablename = 'ticket_vectors'
                  AND attname = 'terms'
            """
        ).fetchone()
        terms = frozenset(row["terms"] or ()) if row else frozenset()
        _common = (time.monotonic() + _KEPT_SECONDS, terms)
    return _common[1]


@dataclass(frozen=True)
class UnreadTicket:
    """A ticket whose current text the model has not read."""

    id: UUID
    subject: str
    body: str
    text_version: int


def unread_tickets(conn: Connection, model: str, limit: int) -> list[UnreadTicket]:
    """Up to `limit` unread tickets, oldest first, except those that triage is about to read."""
    rows = conn.execute(
        """
        SELECT t.id, t.subject, t.body, t.text_version
        FROM tickets t LEFT JOIN ticket_vectors v ON v.ticket_id = t.id AND v.model = %(model)s
        WHERE v.text_version IS DISTINCT FROM t.text_version
              AND (v.ticket_id IS NOT NULL OR NOT EXISTS (
                  SELECT FROM runs r WHERE r.ticket_id = t.id
                  AND r.status IN ('PENDING', 'IN_PROGRESS')))
        ORDER BY t.id LIMIT %(limit)s
        """,
        {"model": model, "limit": limit},
    ).fetchall()
    return [UnreadTicket(**row) for row in rows]


def progress(conn: Connection, model: str) -> dict[str, Any]:
    """The number of tickets, and of those that the model has read."""
    row = conn.execute(
        """
        SELECT (SELECT count(*) FROM tickets) AS tickets,
               (SELECT count(*) FROM ticket_vectors v JOIN tickets t ON t.id = v.ticket_id
                WHERE v.model = %(model)s AND v.text_version = t.text_version) AS read
        """,
        {"model": model},
    ).fetchone()
    return dict(row or {})
