"""Operations on reports of attribution, and their answers."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import Field

from deskhand.api.handover import Handover
from deskhand.reference.answers import Count, RunId
from deskhand.reference.handover import HANDED_OVER
from deskhand.reference.operation import Operation, Reply
from deskhand.reference.prepared import ExactObject
from deskhand.reports.api import ReportListing, Sending


class ReportMail(ExactObject):
    """A mail with a report to one recipient."""

    id: UUID
    recipient: str
    sender: str | None = Field(description="Known once the mail was on its way")
    requested_by: str = Field(description="The caller who asked for it, or `workflow`")
    requested_at: datetime
    status: Literal["owed", "sending", "sent", "refused", "uncertain"] = Field(
        description="`uncertain`: the confirmation was lost twice, so a person decides"
    )
    tries: Count
    repeated: bool = Field(
        description="An earlier try may have been accepted; the later one says so in its subject"
    )
    linked: bool = Field(description="It has a link in place of the file")
    bytes: Count | None = Field(description="Of the whole mail")
    sent_at: datetime | None
    reply: str | None = Field(description="The mail server's confirmation")
    error: str | None = Field(description="Why the last try failed")


class ListedReport(ExactObject):
    """A report of a run, and its mails."""

    id: UUID
    run_id: RunId
    created_at: datetime
    rows: Count
    bytes: Count
    sha256: str
    counts: dict[str, Any] = Field(description="The run's counts, as they were then")
    mails: list[ReportMail]


class ReportPage(ExactObject):
    """Reports, newest first."""

    reports: list[ListedReport]
    next_cursor: UUID | None


class OwedMail(ExactObject):
    """A mail that will be sent."""

    id: UUID
    recipient: str


class OwedMails(ExactObject):
    """The mails that will be sent."""

    report_id: UUID
    mails: list[OwedMail]


REPORTS = (
    Operation(
        "GET", "/reports", "list_reports",
        "List reports and their mails, newest first",
        {200: Reply("A page of reports.", ReportPage)},
        query=ReportListing,
    ),
    Operation(
        "GET", "/reports/{report_id}/file", "get_report_file",
        "Download the file of a report",
        HANDED_OVER, query=Handover,
    ),
    Operation(
        "POST", "/reports/{report_id}/send", "post_report_mails",
        "Send a report, or send it again",
        {202: Reply(
            "The new mails, which are sent within a minute.", OwedMails, ("Idempotency-Replayed",)
        )},
        problems={
            409: "The first request with this Idempotency-Key is still in flight.",
            422: "An address is not valid, or there is none; or the Idempotency-Key was used for"
            " another request.",
        },
        headers={"Idempotency-Key": False}, body=Sending, body_required=False,
        example={"recipients": ["team@example.com"]},
    ),
)  # fmt: skip
