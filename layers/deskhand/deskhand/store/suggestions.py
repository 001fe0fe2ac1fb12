"""Tickets that may tell of the same thing, but are not near enough to be linked."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from deskhand.store.connection import Connection


@dataclass(frozen=True)
class Suggestion:
    """A ticket that may be the same, by the texts that were compared."""

    similar_id: UUID
    cosine: float
    score: float
    text_version: int
    similar_version: int


def suggest(conn: Connection, ticket_id: UUID, suggestions: Sequence[Suggestion]) -> None:
    """Replaces what was suggested for the ticket; those that are gone meanwhile are left out."""
    # Before any suggestion is touched: who deletes a ticket holds it, and then wants those of it.
    there = conn.execute(
        "SELECT id FROM tickets WHERE id = ANY (%(ids)s) ORDER BY id FOR KEY SHARE",
        {"ids": [each.similar_id for each in suggestions]},
    ).fetchall()
    conn.execute("DELETE FROM duplicate_suggestions WHERE ticket_id = %(id)s", {"id": ticket_id})
    kept = {row["id"] for row in there}
    with conn.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO duplicate_suggestions
                (ticket_id, similar_id, cosine, score, text_version, similar_version)
            VALUES (%(ticket_id)s, %(similar_id)s, %(cosine)s, %(score)s, %(text_version)s,
                    %(similar_version)s)
            """,
            [
                {**asdict(each), "ticket_id": ticket_id}
                for each in suggestions
                if each.similar_id in kept
            ],
        )
