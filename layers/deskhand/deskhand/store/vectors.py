"""Tickets as vectors and bags of words, and what is near one of them."""

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

type Role = Literal["original", "done"]

# How many the graph is searched for: with fewer it misses some of the nearest in 100,000 tickets.
EF_SEARCH = 120
# Where a filter leaves too few, the graph is walked on, this far.
MAX_SCANNED = 4_000
# The newest are compared one by one: more than there can be looked at in the same moment.
RECENT = 100


@dataclass(frozen=True)
class TicketVector:
    """A ticket's text at `text_version` in numbers; `embedding` as pgvector reads it."""

    ticket_id: UUID
    text_version: int
    embedding: str
    terms: list[int]
    weights: list[float]


@dataclass(frozen=True)
class Wanted:
    """What is searched: tickets of a standing, `since` an id, other than `ticket_id`."""

    ticket_id: UUID | None
    standing: Role
    since: UUID
    embedding: str
    rare: list[int]  # terms that few tickets have
    limit: int


class Near(NamedTuple):
    """A ticket near another one, by the true cosine of their vectors."""

    ticket_id: UUID
    cosine: float
    words: bytes  # its bag, packed
    text_version: int  # of the text that was read


def put(conn: Connection, model: str, vectors: Sequence[TicketVector]) -> int:
    """How many were stored: not those of tickets that are gone or whose text is another by now,
    and none of a model that is gone."""
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
    """The ticket as the model has read it, None when it has not read that version."""
    row = conn.execute(
        """
        SELECT ticket_id, text_version, embedding::text, terms, weights FROM ticket_vectors
        WHERE ticket_id = %(ticket_id)s AND model = %(model)s AND text_version = %(text_version)s
        """,
        {"ticket_id": ticket_id, "model": model, "text_version": text_version},
    ).fetchone()
    return TicketVector(**row) if row else None


def near(conn: Connection, model: EmbeddingModel, wanted: Wanted) -> list[Near]:
    """The nearest tickets by vector, and some that share rare words; outside a transaction only.

    Among the newest, none is missed.
    """
    given = {**vars(wanted), "model": model.model, "recent": RECENT}
    cursor = conn.cursor(row_factory=args_row(Near))
    with conn.pipeline():
        conn.execute(WALK)
        cursor.execute(_query(model.dimensions), given, binary=True)
    found = {each.ticket_id: each for each in cursor}
    return list(found.values())


def beside(conn: Connection, model: str, ticket_id: UUID, embedding: str) -> Near | None:
    """A certain ticket, whatever its standing; None when the model has not read it."""
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


# How far the graph is walked; in the transaction of the search only.
WALK = (
    f"SELECT set_config('hnsw.ef_search', '{EF_SEARCH}', true),"
    " set_config('hnsw.iterative_scan', 'relaxed_order', true),"
    f" set_config('hnsw.max_scan_tuples', '{MAX_SCANNED}', true)"
)

# The standing of a vector follows its ticket's (a trigger), so no ticket has to be read.
# Twins that enter the graph at the same moment do not see each other there, and one of them can
# stay out of every walk's reach. Those of this moment are among the newest, which need no graph.
# Each row is taken where it is found: one that is found twice costs less than a join.
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


# What many tickets say changes slowly: it is read again after some minutes.
_KEPT_SECONDS = 600
_common: tuple[float, frozenset[int]] = (0.0, frozenset())


def common_terms(conn: Connection) -> frozenset[int]:
    """Terms that many tickets have, as Postgres found when it last analysed the table."""
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
class Unread:
    """A ticket whose present text a model has not read."""

    id: UUID
    subject: str
    body: str
    text_version: int


def unread(conn: Connection, model: str, limit: int) -> list[Unread]:
    """Up to `limit` of them, oldest first, those aside that triage is about to read itself."""
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
    return [Unread(**row) for row in rows]


def progress(conn: Connection, model: str) -> dict[str, Any]:
    """How many tickets there are, and how many of them the model has read."""
    row = conn.execute(
        """
        SELECT (SELECT count(*) FROM tickets) AS tickets,
               (SELECT count(*) FROM ticket_vectors v JOIN tickets t ON t.id = v.ticket_id
                WHERE v.model = %(model)s AND v.text_version = t.text_version) AS read
        """,
        {"model": model},
    ).fetchone()
    return dict(row or {})
