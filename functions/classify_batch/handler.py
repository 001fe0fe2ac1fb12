"""ClassifyBatch: category, request type and SLA of the requests of a batch."""

from deskhand.attribution.classify_batch import classify_batch
from deskhand.store.steps import Outcome
from deskhand.workflow.step import Work, run_step


@run_step("classify_batch")
def handler(work: Work) -> Outcome:
    """How many requests had which outcome."""
    return classify_batch(work)
