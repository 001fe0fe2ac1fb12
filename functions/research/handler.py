"""Research: articles, solved tickets and the requester's latest ones, for the people who answer."""

from deskhand.knowledge.research import research
from deskhand.store.steps import Outcome
from deskhand.ticket import Ticket
from deskhand.workflow.step import Work, step


@step("research")
def handler(ticket: Ticket, work: Work) -> Outcome:
    """The numbers of what was found; the stored result holds the rest."""
    findings = research(work.connection, ticket)
    return Outcome(
        verdict={
            "articles": len(findings.sections),
            "solved": len(findings.solved),
            "history": len(findings.history),
        },
        result=findings.document,
    )
