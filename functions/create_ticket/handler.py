"""CreateTicket: the stored ticket becomes the one that people work on, and the run is complete."""

from functools import partial

from deskhand.degradation import degraded
from deskhand.presentation import present
from deskhand.settings import settings
from deskhand.step import Work, step
from deskhand.store.catalog import in_force
from deskhand.store.drafts import without_older
from deskhand.store.steps import Outcome, Ticket, outcomes
from deskhand.store.triage import Opening, open_for_people


@step("create_ticket")
def handler(ticket: Ticket, work: Work) -> Outcome:
    """Title, route and due time from the catalog; a type that has left it promises nothing."""
    shown = present(ticket, in_force(work.connection).catalog)
    missing = degraded(outcomes(work.connection, work.run_id))
    opening = Opening(**vars(shown), degraded=missing, closes_duplicates=settings().duplicate_close)
    return Outcome(
        verdict={
            "route": shown.route,
            "due_at": shown.due_at and shown.due_at.isoformat(),
            "degraded": missing,
        },
        apply=without_older(work.run_id, partial(open_for_people, read=ticket, opening=opening)),
        completes=True,
    )
