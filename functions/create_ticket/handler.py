"""CreateTicket: the stored ticket becomes the one that people work on, and the run is complete."""

from functools import partial

from deskhand.presentation import present
from deskhand.step import Work, step
from deskhand.store.catalog import in_force
from deskhand.store.steps import Outcome, Ticket
from deskhand.store.triage import open_for_people


@step("create_ticket")
def handler(ticket: Ticket, work: Work) -> Outcome:
    """Title, route and due time from the catalog; a type that has left it promises nothing."""
    shown = present(ticket, in_force(work.connection).catalog)
    return Outcome(
        verdict={"route": shown.route, "due_at": shown.due_at and shown.due_at.isoformat()},
        apply=partial(open_for_people, read=ticket, **vars(shown)),
        completes=True,
    )
