"""FetchRequests: the helpdesk's requests, stored in batches."""

from deskhand.attribution.fetch_requests import fetch_requests
from deskhand.store.steps import Outcome
from deskhand.workflow.step import Work, run_step


@run_step("fetch_requests")
def handler(work: Work) -> Outcome:
    """The numbers of the batches that are to be classified."""
    return fetch_requests(work)
