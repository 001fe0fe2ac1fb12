"""Which tickets tell of the same thing as a new one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from deskhand.duplicates.cluster import recount
from deskhand.settings.environment import Settings
from deskhand.similarity.identifiers import identifiers
from deskhand.similarity.ranking import Ranked
from deskhand.similarity.tickets import beside, similar, store_vector, ticket_text
from deskhand.store import duplicates, embedding_models, suggestions
from deskhand.store.connection import Connection
from deskhand.store.embedding_models import EmbeddingModel
from deskhand.store.suggestions import Suggestion
from deskhand.store.vectors import Near, TicketVector
from deskhand.ticket import Ticket

MAX_SUGGESTIONS = 5
# How far the words must agree as well: to a model, all texts in a script that it lacks are alike.
WORDS_LINK, WORDS_SUGGEST = 0.4, 0.2


@dataclass(frozen=True)
class Found:
    """What a ticket may repeat, and what may repeat it: ids, the oldest first.

    `younger` ones were looked at before this ticket could be found. `cosine` is the nearest's.
    `freed`: its text was edited, and repeats no more what a rule had linked it to.
    """

    older: list[UUID]
    younger: list[UUID]
    suggested: list[Ranked[Near]]
    cosine: float | None
    freed: bool = False


def find(conn: Connection, ticket: Ticket, settings: Settings) -> Found:
    """The ticket compared with the open ones of the window; it can itself be found from now on.

    It is stored before it looks for others: of two twins at the same moment, at least the one that
    looks last sees the other.
    """
    model, seen = store_vector(conn, ticket)
    since = datetime.now(UTC) - timedelta(days=settings.duplicate_window_days)
    looks = settings.duplicate_window_days > 0
    candidates = similar(conn, model, seen, "original", since) if looks else []
    if looks and not candidates and embedding_models.serving(conn) != model:
        return find(conn, ticket, settings)  # another one has taken over, its vectors are gone
    freed = not _stays_linked(conn, ticket, settings, model, seen, candidates)
    if not looks:
        return Found([], [], [], None, freed)
    same = _same(conn, ticket, candidates, settings)
    return judge(ticket, candidates, same, settings, freed=freed)


def judge(
    ticket: Ticket,
    candidates: Sequence[Ranked[Near]],
    same: Sequence[UUID],
    settings: Settings,
    *,
    freed: bool,
) -> Found:
    """What follows from those that are the same and those that are only alike.

    Nothing is linked that people have unlinked, and what is linked stays so until it is freed.
    """
    nearest = max((each.found.cosine for each in candidates), default=None)
    ids = [] if ticket.provenance.get("duplicate_of") == "human" else sorted(same)
    linked = None if freed else ticket.duplicate_of
    older = [each for each in ids if each < ticket.id and each != ticket.duplicate_of]
    near = [each for each in candidates if _alike(each, settings.duplicate_suggest, WORDS_SUGGEST)]
    return Found(
        older=[linked] if linked else older,
        younger=[each for each in ids if each > ticket.id],
        suggested=near[:MAX_SUGGESTIONS],
        cosine=nearest and round(nearest, 4),
        freed=freed,
    )


def _alike(one: Ranked[Near], cosine: float, words: float) -> bool:
    return one.found.cosine >= cosine and one.words >= words


def _same(
    conn: Connection, ticket: Ticket, candidates: Sequence[Ranked[Near]], settings: Settings
) -> list[UUID]:
    """Those to link, whose text was read as it is now and names nothing else by a number."""
    near = [each.found for each in candidates if _alike(each, settings.duplicate_link, WORDS_LINK)]
    read = {each.ticket_id: each.text_version for each in near}
    mine = identifiers(ticket_text(ticket))
    return [
        text.id
        for text in duplicates.texts(conn, list(read))
        if text.text_version == read[text.id]
        and _of_one_thing(mine, identifiers(ticket_text(text)))
    ]


def _of_one_thing(mine: frozenset[str], others: frozenset[str]) -> bool:
    return not mine or not others or not mine.isdisjoint(others)


def _stays_linked(
    conn: Connection,
    ticket: Ticket,
    settings: Settings,
    model: EmbeddingModel,
    seen: TicketVector,
    candidates: Sequence[Ranked[Near]],
) -> bool:
    """Whether a link holds, if there is one: people made it, no edit came after it, or it is true.

    It is compared with its original also when that one is done with.
    """
    original = ticket.duplicate_of
    by_people = ticket.provenance.get("duplicate_of") == "human"
    if original is None or by_people or not duplicates.is_edited_since(conn, ticket.id):
        return True
    near = [each for each in candidates if each.found.ticket_id == original]
    return bool(_same(conn, ticket, near or beside(conn, model, seen, original), settings))


def keep(conn: Connection, ticket_id: UUID, read: Ticket, found: Found) -> None:
    """Stores the suggestions; younger twins of a ticket that repeats nothing repeat it.

    Raises TicketEdited when a ticket to be freed has another text by now than was `read`.
    """
    near = [
        Suggestion(
            each.found.ticket_id,
            min(each.found.cosine, 1.0),
            each.score,
            read.text_version,
            each.found.text_version,
        )
        for each in found.suggested
    ]
    suggestions.suggest(conn, ticket_id, near)
    if found.freed:
        duplicates.free(conn, ticket_id, read.text_version)
    if not found.older and found.younger:
        duplicates.claim(conn, ticket_id, found.younger)
        recount(conn, ticket_id)
