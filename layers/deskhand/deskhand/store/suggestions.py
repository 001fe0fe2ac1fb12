"""Tickets that may be about the same problem, but are not similar enough to be linked."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from deskhand.store.connection import Connection


@dataclass(frozen=True)
class Suggestion:
    """A ticket that may be the same, with the versions of the texts that were compared."""

    similar_id: UUID
    cosine: float
    score: float
    text_version: int
    similar_version: int


def suggest(conn: Connection, ticket_id: UUID, suggestions: Sequence[Suggestion]) -> None:
    """Replaces the suggestions of a ticket; skips tickets that were deleted meanwhile."""
    # Locked before any suggestion, in the same order as a deletion: it locks the ticket and then
    # deletes its suggestions.
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
