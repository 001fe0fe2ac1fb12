"""How a ticket is shown to the people who work on it."""

from deskhand.catalog import Category
from deskhand.store.steps import Ticket

SHOWN_AS = {"critical": "P1", "high": "P2", "medium": "P3", "low": "P4"}


def title_of(ticket: Ticket, category: Category | None) -> str:
    """`[P2][NETWORK] summary`: priority, the category's code or name in capitals, the summary."""
    priority = SHOWN_AS[ticket.priority or "medium"]
    group = (category.code or category.name) if category else (ticket.category or "UNSORTED")
    return f"[{priority}][{group.upper()}] {ticket.summary or ticket.subject}"
