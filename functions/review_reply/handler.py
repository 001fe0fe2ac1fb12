"""ReviewReply: checks the draft; a draft that fails is made once more, then people decide."""

from functools import partial

from deskhand.reply.evidence import draft_of, evidence_of
from deskhand.reply.policy import policy
from deskhand.reply.review import RULES, review
from deskhand.store.drafts import set_review
from deskhand.store.steps import Outcome
from deskhand.ticket import Ticket
from deskhand.workflow.step import Work, step
from deskhand.workflow.step_provider import examine_ticket, step_provider

REVISIONS = 1


@step("review_reply")
def handler(ticket: Ticket, work: Work) -> Outcome:
    """Whether it passed, which rules it breaks, and which revision is next."""
    suspicion = examine_ticket(ticket)
    provider = step_provider(work, "review_reply", suspicion, RULES)
    evidence = evidence_of(work.connection, work.run_id)
    drafted = draft_of(work.connection, work.run_id)
    found = review(provider, drafted, suspicion.rest, evidence.passages, policy())
    revise = not found.passed and work.revision < REVISIONS
    result = found.model_dump(mode="json")
    return Outcome(
        verdict={
            "passed": found.passed,
            "findings": sorted({each.rule for each in found.findings}),
            "revise": revise,
            "revision": work.revision + revise,
            "ai_status": found.origin.ai_status,
        },
        result=result,
        apply=partial(
            set_review,
            run_id=work.run_id,
            review=result,
            needs_review=not (found.passed or revise),
        ),
    )
