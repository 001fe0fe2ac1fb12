"""`GET /tickets/{id}/sla`: the ticket's clock with its terms and all its intervals."""

from typing import Any
from uuid import UUID

from deskhand.catalog import loaded
from deskhand.refusals import existing
from deskhand.sla.explain import explain
from deskhand.sla.terms import terms_of
from deskhand.sla.ticket_clock import ticket_clock
from deskhand.store import escalations
from deskhand.store.connection import Connection


def sla_of(conn: Connection, ticket_id: UUID, owner: str | None) -> dict[str, Any]:
    """The clock of a ticket, with the catalog that its due time comes from; raises NotFound.

    While the due time waits for a recalculation, the active catalog is used.
    """
    seen = existing(ticket_clock(conn, ticket_id, owner), "ticket")
    version = seen.sla_version
    known = loaded.document_of(conn, version) if version else loaded.document_in_force(conn)
    terms = terms_of(known, seen.category, seen.request_type, seen.priority)
    history = seen.history.with_pauses(seen.now, terms.pauses)
    return {
        "ticket_id": seen.id,
        "status": seen.status,
        "category": seen.category,
        "request_type": seen.request_type,
        "priority": seen.priority,
        "catalog_version": known.version if known else None,
        "reckoned": version is not None,
        **explain(history, terms, seen.status, seen.reached, seen.now),
        "escalations": escalations.of_ticket(conn, ticket_id),
    }
