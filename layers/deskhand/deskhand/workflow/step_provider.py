"""Chooses the provider that a step may ask about a ticket, and the text that it may read."""

from deskhand.models.base import Provider
from deskhand.models.chain import provider_for
from deskhand.safety.injection.detection import Suspicion, examine
from deskhand.settings.environment import settings
from deskhand.store.calls import Calls
from deskhand.ticket import Ticket, TicketText
from deskhand.workflow.step import Work


def examine_ticket(ticket: Ticket) -> Suspicion:
    """The ticket's text without instructions to a model, and the signs of such instructions."""
    return examine(TicketText(ticket.subject, ticket.body))


def step_provider(work: Work, step: str, suspicion: Suspicion, offline: Provider) -> Provider:
    """The configured chain; `offline`, which follows no instructions and takes no time, for a
    suspicious ticket and in a hurry."""
    return provider_for(
        settings(),
        last_attempt=work.last_try,
        calls=Calls(work.connection, work.run_id, step),
        only="offline" if suspicion.signs or work.hurried else None,
        offline=offline,
    )
