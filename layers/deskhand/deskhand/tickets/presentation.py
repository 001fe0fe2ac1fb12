"""Title and route of a ticket for the people who work on it."""

from dataclasses import dataclass, fields
from typing import Any

from deskhand.catalog.model import Catalog, Category
from deskhand.safety.secrets.hiding import hide
from deskhand.ticket import Ticket

SHOWN_AS = {"critical": "P1", "high": "P2", "medium": "P3", "low": "P4"}


@dataclass(frozen=True)
class Presentation:
    """The derived title and route of a triaged ticket."""

    title: str
    route: str | None


def presentation_of(ticket: Ticket, catalog: Catalog | None) -> Presentation:
    """Title and route; a type that is not in the catalog has no route.

    A ticket without a category is in the triage queue.
    """
    if ticket.category is None:
        return Presentation(title_of(ticket, None), catalog.triage.route if catalog else None)
    entry = catalog.find(ticket.category or "", ticket.request_type or "") if catalog else None
    return Presentation(
        title=title_of(ticket, entry.category if entry else None),
        route=entry.request.route if entry else None,
    )


def ticket_of(row: dict[str, Any]) -> Ticket:
    """The Ticket in a whole row of `tickets`."""
    return Ticket(**{field.name: row[field.name] for field in fields(Ticket)})


def title_of(ticket: Ticket, category: Category | None) -> str:
    """`[P2][NETWORK] summary`: priority, the category's code or name in capitals, the summary.

    Without a category it names none: `[P2] summary`.
    """
    priority = SHOWN_AS[ticket.priority or "medium"]
    group = (category.code or category.name) if category else ticket.category
    place = f"[{group.upper()}]" if group else ""
    return f"[{priority}]{place} {ticket.summary or hide(ticket.subject)}"
