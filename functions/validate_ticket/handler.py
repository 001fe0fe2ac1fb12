"""ValidateTicket: checks that the ticket has text to triage."""

from deskhand.store.steps import Outcome
from deskhand.ticket import Ticket
from deskhand.workflow.step import Work, step
from deskhand.workflow.validate_ticket import validate


@step("validate_ticket")
def handler(ticket: Ticket, work: Work) -> Outcome:
    """The number of words; raises InvalidTicket before any model is called."""
    return Outcome(verdict={"words": validate(ticket.subject, ticket.body)})
