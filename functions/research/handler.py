"""Research: articles, solved tickets and the requester's last ones, for whoever answers."""

from deskhand.research import research
from deskhand.step import Work, step
from deskhand.store.steps import Outcome, Ticket


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
