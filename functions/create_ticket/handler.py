"""CreateTicket: the stored ticket becomes the one that people work on, and the run is complete."""

from functools import partial

from deskhand.errors import CatalogMissing
from deskhand.presentation import present
from deskhand.settling import foresee, open_settled
from deskhand.step import Work, step
from deskhand.store.catalog import document_in_force
from deskhand.store.steps import Outcome, Ticket


@step("create_ticket")
def handler(ticket: Ticket, work: Work) -> Outcome:
    """Title, route and due time from the catalog; a type that has left it promises nothing."""
    catalog = document_in_force(work.connection)
    if catalog is None:
        raise CatalogMissing
    shown = present(ticket, catalog)
    due_at = foresee(work.connection, ticket.id, catalog).reckoning.due_at
    return Outcome(
        verdict={"route": shown.route, "due_at": due_at and due_at.isoformat()},
        apply=partial(open_settled, read=ticket, shown=shown, catalog=catalog, due_at=due_at),
        completes=True,
    )
