"""Keeps a ticket's due time and next escalation current, in the transaction that changes them."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from deskhand.catalog.model import Catalog
from deskhand.errors import TicketEdited
from deskhand.sla.measures import Measures, measures_of
from deskhand.sla.schedule import Schedule, schedule_of
from deskhand.sla.terms import SlaTerms, terms_of
from deskhand.sla.ticket_clock import TicketClock, ticket_clock
from deskhand.store import sla
from deskhand.store.connection import Connection
from deskhand.store.triage import Opening, open_for_people
from deskhand.ticket import Ticket


@dataclass(frozen=True, slots=True)
class TicketSchedule:
    """A ticket's clock, the terms that apply to it, and what follows from them."""

    clock: TicketClock
    terms: SlaTerms
    schedule: Schedule
    measures: Measures


def update_due_time(
    conn: Connection, ticket_id: UUID, catalog: Catalog | None, *, alone: bool = False
) -> TicketSchedule:
    """Stores due time and next escalation of a ticket that the caller's transaction has locked.

    `alone`: the transaction changes nothing else. Then a new due time increases the version.
    """
    found = ticket_schedule(conn, ticket_id, catalog)
    version = catalog.version if catalog else None
    _record(conn, found, version, alone=alone)
    return found


def _record(conn: Connection, found: TicketSchedule, version: str | None, *, alone: bool) -> None:
    """Stores the outcome; the event has the time of the calculation, so a replay gives the same
    result."""
    before, schedule, pauses = found.clock, found.schedule, found.terms.pauses
    moved = before.due_at != schedule.due_at
    event = {
        "old": _written(before.due_at),
        "new": _written(schedule.due_at),
        "catalog": version,
        "category": before.category,
        "request_type": before.request_type,
        "priority": before.priority,
        "pauses": sorted(pauses),
    }
    sla.record(
        conn,
        before.id,
        due_at=schedule.due_at,
        escalate_at=schedule.escalate_at,
        version=version,
        new_version=moved and alone,
        event=event if moved or before.history.pauses != pauses else None,
        at=before.now,
        measures=asdict(found.measures),
    )


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at else None


def ticket_schedule(conn: Connection, ticket_id: UUID, catalog: Catalog | None) -> TicketSchedule:
    """What `update_due_time` would store now; raises TicketEdited when the ticket is gone."""
    clock = ticket_clock(conn, ticket_id)
    if clock is None:
        raise TicketEdited
    terms = terms_of(catalog, clock.category, clock.request_type, clock.priority)
    history = clock.history.with_pauses(clock.now, terms.pauses)
    schedule = schedule_of(history, terms, clock.status, clock.reached)
    return TicketSchedule(clock, terms, schedule, measures_of(history, terms))


def open_with_due_time(
    conn: Connection, ticket_id: UUID, read: Ticket, opening: Opening, catalog: Catalog
) -> dict[str, Any]:
    """Opens a ticket for people with its due time, and returns its due time.

    Raises TicketEdited when it changed since it was `read`.
    """
    open_for_people(conn, ticket_id, read, opening)
    due_at = update_due_time(conn, ticket_id, catalog).schedule.due_at
    return {"due_at": due_at and due_at.isoformat()}
