"""How a ticket is shown to the people who work on it, and what they are promised."""

from dataclasses import dataclass
from datetime import datetime

from deskhand.catalog import Catalog, Category
from deskhand.sla import due_at
from deskhand.store.steps import Ticket

SHOWN_AS = {"critical": "P1", "high": "P2", "medium": "P3", "low": "P4"}


@dataclass(frozen=True)
class Presented:
    """What the rule makes of a triaged ticket."""

    title: str
    route: str | None
    due_at: datetime | None


def present(ticket: Ticket, catalog: Catalog | None) -> Presented:
    """Title, route and due time; a type that is not in the catalog promises nothing."""
    entry = catalog.find(ticket.category or "", ticket.request_type or "") if catalog else None
    return Presented(
        title=title_of(ticket, entry.category if entry else None),
        route=entry.request.route if entry else None,
        due_at=due_at(ticket.created_at, entry.request.sla if entry else None),
    )


def title_of(ticket: Ticket, category: Category | None) -> str:
    """`[P2][NETWORK] summary`: priority, the category's code or name in capitals, the summary."""
    priority = SHOWN_AS[ticket.priority or "medium"]
    group = (category.code or category.name) if category else (ticket.category or "UNSORTED")
    return f"[{priority}][{group.upper()}] {ticket.summary or ticket.subject}"
