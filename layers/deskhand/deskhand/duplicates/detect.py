"""Finds tickets that report the same problem as a new one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from deskhand.duplicates.cluster import recalculate_priority
from deskhand.settings.environment import Settings
from deskhand.similarity.identifiers import identifiers
from deskhand.similarity.ranking import Ranked
from deskhand.similarity.tickets import compare, similar_tickets, store_vector, ticket_text
from deskhand.store import duplicates, embedding_models, suggestions
from deskhand.store.connection import Connection
from deskhand.store.embedding_models import EmbeddingModel
from deskhand.store.suggestions import Suggestion
from deskhand.store.vectors import Near, TicketVector
from deskhand.ticket import Ticket

MAX_SUGGESTIONS = 5
# The least similarity of the words: a model finds all texts alike in a script that it does not
# know.
WORDS_LINK, WORDS_SUGGEST = 0.4, 0.2


@dataclass(frozen=True)
class FoundDuplicates:
    """The possible originals and duplicates of a ticket: ids, oldest first.

    `younger` tickets were compared before this one could be found. `cosine` is that of the nearest
    ticket. `freed`: the rule-made link no longer holds for the edited text.
    """

    older: list[UUID]
    younger: list[UUID]
    suggested: list[Ranked[Near]]
    cosine: float | None
    freed: bool = False


def find(conn: Connection, ticket: Ticket, settings: Settings) -> FoundDuplicates:
    """Compares the ticket with the open ones in the window; from now on it can be found itself.

    Its vector is stored before the search: of two simultaneous duplicates, at least the one that
    searches last sees the other.
    """
    model, seen = store_vector(conn, ticket)
    since = datetime.now(UTC) - timedelta(days=settings.duplicate_window_days)
    looks = settings.duplicate_window_days > 0
    candidates = similar_tickets(conn, model, seen, "original", since) if looks else []
    if looks and not candidates and embedding_models.serving_model(conn) != model:
        return find(conn, ticket, settings)  # another model has taken over and its vectors are gone
    freed = not _stays_linked(conn, ticket, settings, model, seen, candidates)
    if not looks:
        return FoundDuplicates([], [], [], None, freed)
    same = _same(conn, ticket, candidates, settings)
    return judge(ticket, candidates, same, settings, freed=freed)


def judge(
    ticket: Ticket,
    candidates: Sequence[Ranked[Near]],
    same: Sequence[UUID],
    settings: Settings,
    *,
    freed: bool,
) -> FoundDuplicates:
    """Decides what to link (`same`) and what to suggest (`candidates`).

    A ticket that people have unlinked is not linked again, and a linked one stays linked until it
    is freed.
    """
    nearest = max((each.found.cosine for each in candidates), default=None)
    ids = [] if ticket.provenance.get("duplicate_of") == "human" else sorted(same)
    linked = None if freed else ticket.duplicate_of
    older = [each for each in ids if each < ticket.id and each != ticket.duplicate_of]
    near = [each for each in candidates if _alike(each, settings.duplicate_suggest, WORDS_SUGGEST)]
    return FoundDuplicates(
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
    """The tickets to link: the vector is of the current text, and the identifiers do not differ."""
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
    """Whether an existing link holds: people made it, the text is unedited, or it is still similar.

    It is compared with its original even when that is finished.
    """
    original = ticket.duplicate_of
    by_people = ticket.provenance.get("duplicate_of") == "human"
    if original is None or by_people or not duplicates.is_edited_since(conn, ticket.id):
        return True
    near = [each for each in candidates if each.found.ticket_id == original]
    return bool(_same(conn, ticket, near or compare(conn, model, seen, original), settings))


def store_found(conn: Connection, ticket_id: UUID, read: Ticket, found: FoundDuplicates) -> None:
    """Stores the suggestions; links younger duplicates to a ticket that is not a duplicate itself.

    Raises TicketEdited when the text of a ticket to be freed has changed since it was `read`.
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
        duplicates.link_younger(conn, ticket_id, found.younger)
        recalculate_priority(conn, ticket_id)
