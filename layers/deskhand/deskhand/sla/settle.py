"""Keeping a ticket's due time and next escalation true, in the transaction that moves them."""

from dataclasses import dataclass
from typing import Any
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
    settled = reckoned(conn, ticket_id, catalog)
    version = catalog.version if catalog else None
    sla.record(conn, settled.standing, settled.terms, settled.reckoning, version, alone=alone)
    return settled


def reckoned(conn: Connection, ticket_id: UUID, catalog: Catalog | None) -> Settled:
    """What `settle` would store now; raises TicketEdited when the ticket is gone."""
    standing = sla.standing(conn, ticket_id)
    if standing is None:
        raise TicketEdited
    ticket = (standing.category, standing.request_type, standing.priority)
    terms = terms_of(catalog, *ticket)
    history = standing.history.bound(standing.now, terms.pauses)
    return Settled(standing, terms, reckon(history, terms, standing.status, standing.reached))


def open_settled(
    conn: Connection, ticket_id: UUID, read: Ticket, opening: Opening, catalog: Catalog
) -> dict[str, Any]:
    """Opens a ticket for people with its clock settled, and returns its due time.

    Raises TicketEdited when it changed since it was `read`.
    """
    open_for_people(conn, ticket_id, read, opening)
    due_at = settle(conn, ticket_id, catalog).reckoning.due_at
    return {"due_at": due_at and due_at.isoformat()}
