"""SendReport: mails the report to each recipient, after the mails that wait from before."""

from deskhand.reports.bucket import s3
from deskhand.reports.send import send_report
from deskhand.store.steps import Outcome
from deskhand.workflow.step import Work, run_step

# Built at init, where Lambda gives more CPU than during a request.
s3()


@run_step("send_report")
def handler(work: Work) -> Outcome:
    """The number of mails that were sent, refused, and wait. The run ends, also without mail."""
    return Outcome(send_report(work.connection, work.run_id), completes=True)
