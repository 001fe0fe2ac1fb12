"""LinkDuplicate: links the ticket to its original and copies the triage, without a model."""

from deskhand.duplicates.link import MAX_WAITS, link_of
from deskhand.store.steps import Outcome
from deskhand.ticket import Ticket
from deskhand.workflow.step import Work, step


@step("link_duplicate")
def handler(ticket: Ticket, work: Work) -> Outcome:
    """Whether the ticket was linked and has a triage; the last try no longer waits for the
    original's.
    """
    patient = work.retry_count < MAX_WAITS
    link = link_of(work.connection, work.run_id, ticket, patient=patient)
    return Outcome(
        verdict={"linked": link.original is not None, "inherited": link.triage is not None},
        result={"original": str(link.original.id) if link.original else None},
        apply=link.apply,
    )
