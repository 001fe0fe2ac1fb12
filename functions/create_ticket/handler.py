"""CreateTicket: the stored ticket becomes the one that people work on, and the run is complete."""

from functools import partial

from deskhand.presentation import title_of
from deskhand.sla import due_at
from deskhand.step import Work, step
from deskhand.store.catalog import in_force
from deskhand.store.steps import Outcome, Ticket
from deskhand.store.tickets import open_for_people


@step("create_ticket")
def handler(ticket: Ticket, work: Work) -> Outcome:
    """Title, route and due time from the catalog; a type that has left it promises nothing."""
    catalog = in_force(work.connection).catalog
    entry = catalog.find(ticket.category or "", ticket.request_type or "")
    due = due_at(ticket.created_at, entry.request.sla if entry else None)
    route = entry.request.route if entry else None
    title = title_of(ticket, entry.category if entry else None)
    return Outcome(
        verdict={"route": route, "due_at": due.isoformat() if due else None},
        apply=partial(open_for_people, title=title, route=route, due_at=due),
        completes=True,
    )
