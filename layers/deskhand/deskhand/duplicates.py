"""Which tickets tell of the same thing as a new one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from deskhand.settings import Settings
from deskhand.similarity.ranking import Ranked
from deskhand.similarity.tickets import remembered, similar
from deskhand.store import duplicates, embedding_models
from deskhand.store.connection import Connection
from deskhand.store.duplicates import Suggestion
from deskhand.store.steps import Ticket
from deskhand.store.vectors import Near

MAX_SUGGESTIONS = 5


@dataclass(frozen=True)
class Found:
    """What a ticket may repeat, and what may repeat it: ids, the oldest first.

    `younger` ones were looked at before this ticket could be found. `cosine` is the nearest's.
    """

    older: list[UUID]
    younger: list[UUID]
    suggested: list[Ranked[Near]]
    cosine: float | None


def find(conn: Connection, ticket: Ticket, settings: Settings) -> Found:
    """The ticket compared with the open ones of the window; it can itself be found from now on.

    It is stored before it looks for others: of two twins at the same moment, at least the one that
    looks last sees the other.
    """
    model, seen = remembered(conn, ticket)
    since = datetime.now(UTC) - timedelta(days=settings.duplicate_window_days)
    if settings.duplicate_window_days == 0:
        return Found([], [], [], None)
    candidates = similar(conn, model, seen, "original", since)
    if not candidates and embedding_models.serving(conn) != model:
        return find(conn, ticket, settings)  # another one has taken over, its vectors are gone
    return judged(ticket, candidates, settings)


def judged(ticket: Ticket, candidates: Sequence[Ranked[Near]], settings: Settings) -> Found:
    """What the true cosines mean: linked from one threshold on, suggested from another one.

    Nothing is linked that people have unlinked, and what is linked stays so.
    """
    nearest = max((each.found.cosine for each in candidates), default=None)
    same = (each.found for each in candidates if each.found.cosine >= settings.duplicate_link)
    ids = sorted(each.ticket_id for each in same)
    if ticket.provenance.get("duplicate_of") == "human":
        ids = []
    older = [each for each in ids if each < ticket.id]
    near = [each for each in candidates if each.found.cosine >= settings.duplicate_suggest]
    return Found(
        older=[ticket.duplicate_of] if ticket.duplicate_of else older,
        younger=[each for each in ids if each > ticket.id],
        suggested=near[:MAX_SUGGESTIONS],
        cosine=nearest and round(nearest, 4),
    )


def keep(conn: Connection, ticket_id: UUID, found: Found) -> None:
    """Stores the suggestions; younger twins of a ticket that repeats nothing repeat it."""
    near = [
        Suggestion(each.found.ticket_id, min(each.found.cosine, 1.0), each.score)
        for each in found.suggested
    ]
    duplicates.suggest(conn, ticket_id, near)
    if not found.older:
        duplicates.claim(conn, ticket_id, found.younger)
