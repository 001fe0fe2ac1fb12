"""Which provider a step may ask about a ticket, and what it may read of it."""

from deskhand.models.base import Provider, TicketText
from deskhand.models.chain import provider_for
from deskhand.models.rules import Rules
from deskhand.safety.injection.detection import Suspicion, examine
from deskhand.settings.environment import settings
from deskhand.store.calls import Calls
from deskhand.store.steps import Ticket
from deskhand.workflow.step import Work


def text_of(ticket: Ticket) -> Suspicion:
    """The ticket's text without what tries to instruct a model, and the signs of that."""
    return examine(TicketText(ticket.subject, ticket.body))


def consulted(work: Work, step: str, suspicion: Suspicion, rules: Rules | None = None) -> Provider:
    """The configured chain; who tries to instruct a model gets the rules, which obey nobody.

    Without `rules`, `offline` compares vectors, which obeys nobody either.
    """
    return provider_for(
        settings(),
        last_attempt=work.last_try,
        calls=Calls(work.connection, work.run_id, step),
        only="offline" if suspicion.signs else None,
        rules=rules,
    )
