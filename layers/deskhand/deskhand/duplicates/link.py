"""A duplicate inherits the triage of its original without asking a model."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from deskhand.duplicates.cluster import recalculate_priority
from deskhand.errors import OriginalUnsettled
from deskhand.safety.injection.detection import examine
from deskhand.safety.sanitise import sanitise
from deskhand.store import duplicates, steps
from deskhand.store.connection import Connection
from deskhand.store.duplicates import Original
from deskhand.store.steps import Apply
from deskhand.store.triage import Triage, set_triage
from deskhand.ticket import ReviewReason, Ticket, TicketText
from deskhand.triage.summary import summarise

# How often the state machine retries for the original's triage, over about half a minute.
MAX_WAITS = 8


@dataclass(frozen=True)
class Link:
    """The original of a ticket and the triage that it inherits; None: nothing to link or
    inherit."""

    original: Original | None
    triage: Triage | None

    @property
    def apply(self) -> Apply | None:
        """The function that stores the link; None when there is nothing to store."""
        return partial(_store, link=self) if self.original else None


def link_of(conn: Connection, run_id: int, ticket: Ticket, *, patient: bool) -> Link:
    """The oldest open original among those found, with its triage.

    If `patient`, raises OriginalUnsettled while the original is being triaged. Otherwise the ticket
    is linked without waiting, and triaged like any other.
    """
    found = [UUID(each) for each in steps.result(conn, run_id, "detect_duplicates")["originals"]]
    original = duplicates.oldest_original(conn, ticket.id, found)
    if original and not original.triaged and original.under_way and patient:
        raise OriginalUnsettled
    inherits = original and original.triaged and not ticket.chosen
    return Link(original, inherited_triage(ticket, original) if original and inherits else None)


def inherited_triage(ticket: Ticket, original: Original) -> Triage:
    """The original's triage for the ticket; the summary is made from the ticket's own text.

    A ticket that tries to instruct a model needs a review here too.
    """
    suspicion = examine(TicketText(ticket.subject, ticket.body))
    reasons: dict[ReviewReason, bool] = {
        "original_in_review": original.needs_review,
        "suspected_injection": bool(suspicion.signs),
    }
    return Triage(
        text_version=ticket.text_version,
        category=original.category or "",
        request_type=original.request_type or "",
        priority=original.priority or "",
        priority_inputs=[{"name": "original", "priority": original.priority}],
        summary=sanitise(summarise(suspicion.rest)) or "(no text)",
        confidence=original.confidence,
        likely_places=None,
        evidence=[{"source": "duplicate", "phrase": str(original.id)}],
        review_reasons=[name for name, holds in reasons.items() if holds],
        ai_status="FALLBACK" if original.ai_status == "FALLBACK" else "COMPLETED",
        ai_provider=original.ai_provider,
        ai_model=original.ai_model,
        ai_prompt=original.ai_prompt,
    )


def _store(conn: Connection, ticket_id: UUID, link: Link) -> None:
    if link.original:
        duplicates.link(conn, ticket_id, link.original)
        recalculate_priority(conn, link.original.id)
    if link.triage:
        set_triage(conn, ticket_id, link.triage)
