"""Keeps a ticket's due time and next escalation current, in the transaction that changes them."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from deskhand.catalog.model import Catalog
from deskhand.errors import TicketEdited
from deskhand.sla.measure import Measures, measure
from deskhand.sla.reckoning import Reckoning, reckon
from deskhand.sla.terms import Terms, terms_of
from deskhand.sla.ticket_clock import TicketClock, ticket_clock
from deskhand.store import sla
from deskhand.store.connection import Connection
from deskhand.store.triage import Opening, open_for_people
from deskhand.ticket import Ticket


@dataclass(frozen=True, slots=True)
class Settled:
    """A ticket's clock, the terms that apply to it, and what follows from them."""

    clock: TicketClock
    terms: Terms
    reckoning: Reckoning
    measures: Measures


def settle(
    conn: Connection, ticket_id: UUID, catalog: Catalog | None, *, alone: bool = False
) -> Settled:
    """Stores due time and next escalation of a ticket that the caller's transaction has locked.

    `alone`: the transaction changes nothing else. Then a new due time increases the version.
    """
    settled = reckoned(conn, ticket_id, catalog)
    version = catalog.version if catalog else None
    _record(conn, settled, version, alone=alone)
    return settled


def _record(conn: Connection, settled: Settled, version: str | None, *, alone: bool) -> None:
    """Stores the outcome; the event has the time of the calculation, so a replay gives the same
    result."""
    before, found, pauses = settled.clock, settled.reckoning, settled.terms.pauses
    moved = before.due_at != found.due_at
    event = {
        "old": _written(before.due_at),
        "new": _written(found.due_at),
        "catalog": version,
        "category": before.category,
        "request_type": before.request_type,
        "priority": before.priority,
        "pauses": sorted(pauses),
    }
    sla.record(
        conn,
        before.id,
        due_at=found.due_at,
        escalate_at=found.escalate_at,
        version=version,
        new_version=moved and alone,
        event=event if moved or before.history.pauses != pauses else None,
        at=before.now,
        measures=asdict(settled.measures),
    )


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def reckoned(conn: Connection, ticket_id: UUID, catalog: Catalog | None) -> Settled:
    """What `settle` would store now; raises TicketEdited when the ticket no longer exists."""
    clock = ticket_clock(conn, ticket_id)
    if clock is None:
        raise TicketEdited
    terms = terms_of(catalog, clock.category, clock.request_type, clock.priority)
    history = clock.history.bound(clock.now, terms.pauses)
    reckoning = reckon(history, terms, clock.status, clock.reached)
    return Settled(clock, terms, reckoning, measure(history, terms))


def open_settled(
    conn: Connection, ticket_id: UUID, read: Ticket, opening: Opening, catalog: Catalog
) -> dict[str, Any]:
    """Opens a ticket for people with its clock settled, and returns its due time.

    Raises TicketEdited when it changed since it was `read`.
    """
    open_for_people(conn, ticket_id, read, opening)
    due_at = settle(conn, ticket_id, catalog).reckoning.due_at
    return {"due_at": due_at and due_at.isoformat()}
