"""Keeping a ticket's due time and next escalation true, in the transaction that moves them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from deskhand.catalog.model import Catalog
from deskhand.errors import TicketEdited
from deskhand.sla.reckoning import Reckoning, reckon
from deskhand.sla.terms import Terms, terms_of
from deskhand.store import sla
from deskhand.store.connection import Connection
from deskhand.store.sla import Standing
from deskhand.store.steps import Ticket
from deskhand.store.triage import Opening, open_for_people

_MOMENT = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Settled:
    """A ticket's clock with the terms that apply to it, and what follows from them."""

    standing: Standing
    terms: Terms
    reckoning: Reckoning


def settle(
    conn: Connection, ticket_id: UUID, catalog: Catalog | None, *, alone: bool = False
) -> Settled:
    """Stores due time and next escalation of a ticket that the caller's transaction holds.

    With `alone` nothing else of it changes, so that a new due time is a new version of the ticket.
    """
    settled = foresee(conn, ticket_id, catalog)
    version = catalog.version if catalog else None
    sla.record(conn, settled.standing, settled.terms, settled.reckoning, version, alone=alone)
    return settled


def foresee(conn: Connection, ticket_id: UUID, catalog: Catalog | None) -> Settled:
    """What `settle` would store now; raises TicketEdited when the ticket is gone."""
    standing = sla.standing(conn, ticket_id)
    if standing is None:
        raise TicketEdited
    ticket = (standing.category, standing.request_type, standing.priority)
    terms = terms_of(catalog, *ticket)
    history = standing.history.bound(standing.now, terms.pauses)
    return Settled(standing, terms, reckon(history, terms, standing.status, standing.reached))


def open_settled(
    conn: Connection,
    ticket_id: UUID,
    read: Ticket,
    opening: Opening,
    catalog: Catalog,
    due_at: datetime | None,
) -> None:
    """Opens a ticket for people with its clock settled.

    Raises TicketEdited when it changed since it was `read`, or since `due_at` was foreseen.
    """
    open_for_people(conn, ticket_id, read, opening)
    if not _alike(settle(conn, ticket_id, catalog).reckoning.due_at, due_at):
        raise TicketEdited


def _alike(one: datetime | None, other: datetime | None) -> bool:
    """The same, apart from what the end of a pause at the moment of reckoning makes of it."""
    if one is None or other is None:
        return one is other
    return abs(one - other) <= _MOMENT
