"""Research: articles, solved tickets and the requester's last ones, for whoever answers."""

from deskhand.knowledge.research import research
from deskhand.store.steps import Outcome
from deskhand.ticket import Ticket
from deskhand.workflow.step import Work, step


@step("research")
def handler(ticket: Ticket, work: Work) -> Outcome:
    """How much was found; what it is stands in the stored result."""
    findings = research(work.connection, ticket)
    return Outcome(
        verdict={
            "articles": len(findings.sections),
            "solved": len(findings.solved),
            "history": len(findings.history),
        },
        result=findings.document,
    )
