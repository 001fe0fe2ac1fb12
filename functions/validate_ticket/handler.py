"""ValidateTicket: is there anything in the ticket that could be triaged?"""

from deskhand.store.steps import Outcome
from deskhand.ticket import Ticket
from deskhand.workflow.step import Work, step
from deskhand.workflow.validate_ticket import validate


@step("validate_ticket")
def handler(ticket: Ticket, work: Work) -> Outcome:
    """The number of words to work with; raises InvalidTicket before any model is asked."""
    return Outcome(verdict={"words": validate(ticket.subject, ticket.body)})
