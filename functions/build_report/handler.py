"""BuildReport: writes the requests of a run into a spreadsheet and stores it in the bucket."""

from deskhand.reports.bucket import s3
from deskhand.reports.build import build
from deskhand.store.steps import Outcome
from deskhand.workflow.step import Work, run_step

# Built at init, where Lambda gives more CPU than during a request.
s3()


@run_step("build_report")
def handler(work: Work) -> Outcome:
    """The id of the report, with its rows and bytes."""
    return build(work.connection, work.run_id, work.attempt)
