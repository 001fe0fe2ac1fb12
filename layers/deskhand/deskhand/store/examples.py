"""Examples for classification: tickets whose place in the catalog is known."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.sql import SQL, Literal

from deskhand.settings.embedder import BUILT_IN
from deskhand.store.connection import Connection
from deskhand.store.vectors import WALK

# The vectors of built-in models have an index, see the migrations 0006 and 0037.
_INDEXED = {spec.name: spec.dimensions for spec in BUILT_IN}
_EXCERPT = 500
# Of a ticket that was reviewed and solved without a word, triage must have been as sure as this.
_CONFIDENT = 0.5
# The default of `beside`: no ticket has this id. NULL would exclude all imported examples.
NOBODY = UUID(int=0)


@dataclass(frozen=True, slots=True)
class ImportedTicket:
    """An old ticket to import."""

    external_id: str
    subject: str
    body: str
    category: str
    request_type: str
    happened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UnreadExample:
    """An example without a vector of the wanted model."""

    id: int
    change: int
    subject: str
    body: str


def put(conn: Connection, import_id: str, rows: Sequence[ImportedTicket]) -> None:
    """Stores imported tickets. One that exists takes the new text and pair, and belongs to this
    import from then on.
    """
    with conn.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO examples AS e
                (source, import_id, external_id, subject, body, category, request_type, happened_at)
            VALUES ('import', %(import_id)s, %(external_id)s, %(subject)s, %(body)s, %(category)s,
                    %(request_type)s, %(happened_at)s)
            ON CONFLICT (external_id) DO UPDATE SET
                import_id = excluded.import_id, happened_at = excluded.happened_at,
                subject = excluded.subject, body = excluded.body, category = excluded.category,
                request_type = excluded.request_type,
                change = CASE WHEN (e.subject, e.body, e.category, e.request_type)
                    = (excluded.subject, excluded.body, excluded.category, excluded.request_type)
                    THEN e.change ELSE excluded.change END,
                model = CASE WHEN (e.subject, e.body) = (excluded.subject, excluded.body)
                    THEN e.model END,
                embedding = CASE WHEN (e.subject, e.body) = (excluded.subject, excluded.body)
                    THEN e.embedding END
            WHERE (e.import_id, e.subject, e.body, e.category, e.request_type, e.happened_at)
                IS DISTINCT FROM (excluded.import_id, excluded.subject, excluded.body,
                                  excluded.category, excluded.request_type, excluded.happened_at)
            """,
            [
                {
                    "import_id": import_id,
                    "external_id": row.external_id,
                    "subject": row.subject,
                    "body": row.body,
                    "category": row.category,
                    "request_type": row.request_type,
                    "happened_at": row.happened_at,
                }
                for row in rows
            ],
        )


def learn_from(conn: Connection, ticket_id: UUID, category: str, request_type: str) -> None:
    """Makes the ticket an example of the pair that a person gave it."""
    conn.execute(
        """
        INSERT INTO examples (source, ticket_id, category, request_type)
        VALUES ('correction', %(ticket_id)s, %(category)s, %(request_type)s)
        ON CONFLICT (ticket_id) DO UPDATE SET
            source = 'correction', category = excluded.category,
            request_type = excluded.request_type, change = excluded.change
        """,
        {"ticket_id": ticket_id, "category": category, "request_type": request_type},
    )


def unlearn(conn: Connection, ticket_id: UUID) -> None:
    """Makes the ticket an example no longer, if it is one because of what a person said."""
    conn.execute(
        "DELETE FROM examples WHERE ticket_id = %(ticket_id)s AND source = 'correction'",
        {"ticket_id": ticket_id},
    )


def collect_solved(conn: Connection, at_most: int) -> int:
    """Makes solved tickets examples where triage was confident and people did not correct it,
    whether or not it had asked for a review. Tickets that try to instruct a model are left out.

    Returns how many. A ticket that was solved again as something else becomes an example of that.
    """
    return conn.execute(
        """
        INSERT INTO examples AS e (source, ticket_id, category, request_type)
        SELECT 'solved', id, category, request_type FROM tickets
        WHERE status IN ('solved', 'closed') AND category IS NOT NULL AND request_type IS NOT NULL
              AND (NOT needs_review OR confidence >= %(confident)s
                                       AND NOT evidence @> '[{"source": "sign"}]')
              AND duplicate_of IS NULL
              AND NOT EXISTS (
                  SELECT FROM examples known WHERE known.ticket_id = tickets.id
                  AND (known.source <> 'solved' OR (known.category, known.request_type)
                                                 = (tickets.category, tickets.request_type)))
        ORDER BY id LIMIT %(at_most)s
        ON CONFLICT (ticket_id) DO UPDATE SET
            category = excluded.category, request_type = excluded.request_type,
            change = excluded.change
        WHERE e.source = 'solved'
        """,
        {"at_most": at_most, "confident": _CONFIDENT},
    ).rowcount


def unread_examples(conn: Connection, model: str, at_most: int) -> list[UnreadExample]:
    """Examples without a vector of that model; those without any vector come first."""
    rows = conn.execute(
        """
        SELECT e.id, e.change, coalesce(e.subject, t.subject) AS subject,
               coalesce(e.body, t.body) AS body
        FROM examples e LEFT JOIN tickets t ON t.id = e.ticket_id
        WHERE e.model IS DISTINCT FROM %(model)s
        ORDER BY e.model NULLS FIRST, e.id LIMIT %(at_most)s
        """,
        {"model": model, "at_most": at_most},
    ).fetchall()
    return [UnreadExample(**row) for row in rows]


def count_unread(conn: Connection, model: str) -> int:
    """The number of examples without a vector of that model."""
    row = conn.execute(
        "SELECT count(*) AS n FROM examples WHERE model IS DISTINCT FROM %(model)s",
        {"model": model},
    ).fetchone()
    return int(row["n"]) if row else 0


def set_vectors(
    conn: Connection, model: str, read: Sequence[UnreadExample], vectors: Sequence[str]
) -> None:
    """Stores the vectors of examples; skips those that changed since they were read."""
    with conn.cursor() as cursor:
        cursor.executemany(
            """
            UPDATE examples SET model = %(model)s, embedding = %(vector)s::halfvec
            WHERE id = %(id)s AND change = %(change)s
            """,
            [
                {"model": model, "vector": vector, "id": one.id, "change": one.change}
                for one, vector in zip(read, vectors, strict=True)
            ],
        )


def set_vector_of(
    conn: Connection, ticket_id: UUID, text_version: int, model: str, vector: str
) -> None:
    """Stores the vector of a ticket that is an example, unless the text has another version."""
    conn.execute(
        """
        UPDATE examples SET model = %(model)s, embedding = %(vector)s::halfvec
        FROM tickets WHERE tickets.id = %(ticket_id)s AND examples.ticket_id = tickets.id
             AND tickets.text_version = %(text_version)s
        """,
        {"model": model, "vector": vector, "ticket_id": ticket_id, "text_version": text_version},
    )


def forget_vector(conn: Connection, ticket_id: UUID) -> None:
    """Deletes the vector of a ticket's example, because the ticket's text was edited."""
    conn.execute(
        """
        UPDATE examples SET model = NULL, embedding = NULL, change = nextval('example_changes')
        WHERE ticket_id = %(ticket_id)s
        """,
        {"ticket_id": ticket_id},
    )


def forget_ticket(conn: Connection, ticket_id: UUID) -> bool:
    """Deletes the example that a ticket is; False when it is none."""
    return (
        conn.execute(
            "DELETE FROM examples WHERE ticket_id = %(ticket_id)s", {"ticket_id": ticket_id}
        ).rowcount
        > 0
    )


def nearest_examples(
    conn: Connection, model: str, vector: str, at_most: int, *, beside: UUID = NOBODY
) -> list[dict[str, Any]]:
    """The examples nearest to a vector of that model, nearest first: reference, source, category,
    request_type, similarity (the cosine), change, subject and the beginning of the text.

    The ticket `beside` is excluded. Call it outside a transaction.
    """
    width = _INDEXED.get(model)
    cast = SQL("::halfvec({})").format(Literal(width)) if width else SQL("")
    query = SQL(_NEAREST).format(cast=cast, model=Literal(model))
    with conn.pipeline():
        conn.execute(WALK)
        rows = conn.execute(
            query,
            {"vector": vector, "at_most": at_most, "excerpt": _EXCERPT, "beside": beside},
        )
    return rows.fetchall()


_NEAREST = """
SELECT n.source, n.category, n.request_type, n.change,
       1 - n.distance AS similarity,
       coalesce(n.external_id, n.ticket_id::text) AS reference,
       coalesce(n.subject, t.subject) AS subject,
       left(coalesce(n.body, t.body), %(excerpt)s) AS body
FROM (
    SELECT e.*, e.embedding{cast} <=> %(vector)s::halfvec AS distance
    FROM examples e WHERE e.model = {model} AND e.ticket_id IS DISTINCT FROM %(beside)s::uuid
    ORDER BY e.embedding{cast} <=> %(vector)s::halfvec LIMIT %(at_most)s
) AS n LEFT JOIN tickets t ON t.id = n.ticket_id
ORDER BY n.distance, n.id
"""


def last_change(conn: Connection, model: str) -> tuple[int, int]:
    """The last change of the examples with a vector of that model, and their number."""
    row = conn.execute(
        "SELECT coalesce(max(change), 0) AS last, count(*) AS n FROM examples"
        " WHERE model = %(model)s",
        {"model": model},
    ).fetchone()
    return (int(row["last"]), int(row["n"])) if row else (0, 0)


def common_pairs(conn: Connection, model: str, often: int) -> int:
    """The number of pairs with at least `often` examples that have a vector of that model."""
    row = conn.execute(
        """
        SELECT count(*) AS n FROM (
            SELECT FROM examples WHERE model = %(model)s
            GROUP BY category, request_type HAVING count(*) >= %(often)s) AS common
        """,
        {"model": model, "often": often},
    ).fetchone()
    return int(row["n"]) if row else 0


def changes_since(conn: Connection, model: str, through: int) -> int:
    """The number of examples with a vector of that model that changed after `through`."""
    row = conn.execute(
        "SELECT count(*) AS n FROM examples WHERE change > %(through)s AND model = %(model)s",
        {"through": through, "model": model},
    ).fetchone()
    return int(row["n"]) if row else 0


def pages(conn: Connection, model: str, through: int, at_most: int) -> Iterator[dict[str, Any]]:
    """The newest examples with a vector of that model, up to the change `through`: key, subject,
    body, pair, whether people judged it, when it came in if that is known (`happened_at`), and
    vector (big-endian 32-bit floats). Reads pages of a thousand.
    """
    before = through + 1
    left = at_most
    while left > 0:
        rows = conn.execute(
            """
            SELECT e.change, coalesce(e.external_id, e.ticket_id::text) AS key,
                   coalesce(e.subject, t.subject) AS subject, coalesce(e.body, t.body) AS body,
                   e.category, e.request_type, e.source <> 'solved' AS judged,
                   coalesce(e.happened_at, t.created_at) AS happened_at,
                   substr(vector_send(e.embedding::vector), 5) AS vector
            FROM examples e LEFT JOIN tickets t ON t.id = e.ticket_id
            WHERE e.change < %(before)s AND e.model = %(model)s
            ORDER BY e.change DESC LIMIT %(page)s
            """,
            {"before": before, "model": model, "page": min(left, 1000)},
            binary=True,
        ).fetchall()
        yield from rows
        if not rows:
            return
        before, left = rows[-1]["change"], left - len(rows)


def literal(vector: Sequence[float]) -> str:
    """The vector in pgvector's text format."""
    return "[" + ",".join(f"{number:.6g}" for number in vector) + "]"
