"""DraftReply: drafts a reply from articles only, or a question where they have no answer."""

from functools import partial

from deskhand.reply.compose import RULES, draft
from deskhand.reply.evidence import evidence_of, objections_of
from deskhand.store.drafts import set_draft
from deskhand.store.steps import Outcome
from deskhand.ticket import Ticket
from deskhand.workflow.step import Work, step
from deskhand.workflow.step_provider import examine_ticket, step_provider


@step("draft_reply")
def handler(ticket: Ticket, work: Work) -> Outcome:
    """The kind of draft and its number of citations; a revision gets the first draft's faults."""
    suspicion = examine_ticket(ticket)
    provider = step_provider(work, "draft_reply", suspicion, RULES)
    evidence = evidence_of(work.connection, work.run_id)
    objections = objections_of(work.connection, work.run_id, work.revision)
    made = draft(
        provider, suspicion.rest, evidence.passages, evidence.entities, objections, work.revision
    ).model_copy(update={"estimate": evidence.estimate})
    result = made.model_dump(mode="json")
    return Outcome(
        verdict={
            "kind": made.kind,
            "citations": len(made.citations),
            "revision": made.revision,
            "ai_status": made.origin.ai_status,
        },
        result=result,
        apply=partial(
            set_draft, text_version=ticket.text_version, run_id=work.run_id, draft=result
        ),
    )
