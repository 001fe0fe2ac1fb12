"""DetectDuplicates: searches open tickets about the same problem."""

from functools import partial

from deskhand.duplicates.detect import find, store_found
from deskhand.settings.environment import settings
from deskhand.store.steps import Outcome
from deskhand.ticket import Ticket
from deskhand.workflow.step import Work, step


@step("detect_duplicates")
def handler(ticket: Ticket, work: Work) -> Outcome:
    """Whether there is an older original to link to, and how many other tickets are similar."""
    found = find(work.connection, ticket, settings())
    return Outcome(
        verdict={
            "duplicate": bool(found.older),
            "suggested": len(found.suggested),
            "cosine": found.cosine,
        },
        result={"originals": [str(each) for each in found.older]},
        apply=partial(store_found, read=ticket, found=found),
    )
