"""CreateTicket: makes the stored ticket the one that people work on, and completes the run."""

from functools import partial

from deskhand.catalog.loaded import document_in_force
from deskhand.errors import CatalogMissing
from deskhand.settings.environment import settings
from deskhand.sla.stored_due_time import open_with_due_time
from deskhand.store.drafts import without_older
from deskhand.store.steps import Outcome, outcomes
from deskhand.store.triage import Opening
from deskhand.ticket import Ticket
from deskhand.tickets.presentation import presentation_of
from deskhand.workflow.optional_steps import missing_steps
from deskhand.workflow.step import Work, step


@step("create_ticket")
def handler(ticket: Ticket, work: Work) -> Outcome:
    """Title, route and due time from the catalog; no due time when it no longer has the type."""
    catalog = document_in_force(work.connection)
    if catalog is None:
        raise CatalogMissing
    shown = presentation_of(ticket, catalog)
    missing = missing_steps(outcomes(work.connection, work.run_id))
    opening = Opening(**vars(shown), degraded=missing, closes_duplicates=settings().duplicate_close)
    return Outcome(
        verdict={"route": shown.route, "degraded": missing},
        apply=without_older(
            work.run_id, partial(open_with_due_time, read=ticket, opening=opening, catalog=catalog)
        ),
        completes=True,
    )
