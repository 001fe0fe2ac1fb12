"""The mail with a report: text and HTML from templates, and the file or a link to it."""

import hashlib
from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from deskhand.mail.address import domain_of, plain
from deskhand.reports import bucket
from deskhand.reports.counts import need_a_person
from deskhand.settings.environment import Settings
from deskhand.store.report_mails import ClaimedMail
from deskhand.store.reports import Report

_MEGABYTE = 1_000_000
# Base64 makes four bytes of three, and a line end after each 76 of them.
_ENCODED = 4 / 3 * 78 / 76
# What a mail has beside its file.
_REST_BYTES = 20_000
# Unreadable items that a mail names.
_NAMED = 10
_SUFFIX = " (possibly repeated)"
_SHOWN_COUNTS = {
    "fetched": "fetched from the helpdesk",
    "unreadable": "unreadable there",
    "complete": "complete already",
    "classified": "classified",
    "rejected": "with a pair that the catalog does not have",
    "conflict": "whose category has no fitting type",
    "missing": "without an answer of the model",
    "failed": "in a batch that failed",
}


@dataclass(frozen=True, slots=True)
class Attachment:
    """The report's file."""

    name: str
    content: bytes


def attachment_of(report: Report) -> Attachment:
    """The report's file from the bucket; raises FileGone, FileChanged or BucketUnavailable."""
    content = bucket.get(report.object_key)
    if hashlib.sha256(content).hexdigest() != report.sha256:
        raise bucket.FileChanged
    return Attachment(report.object_key.rpartition("/")[2], content)


def fits(size: int, settings: Settings) -> bool:
    """Whether a file of so many bytes may be attached, once it is encoded."""
    return size * _ENCODED + _REST_BYTES <= settings.mail_max_mb * _MEGABYTE


def message_of(
    mail: ClaimedMail, report: Report, attachment: Attachment | None, settings: Settings
) -> EmailMessage:
    """The mail; raises AddressInvalid. A repeated one says so."""
    sender = settings.mail_from
    # 7 bit: not every server takes 8.
    message = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    message["From"] = sender
    message["To"] = plain(mail.recipient)
    message["Subject"] = _subject(mail, report)
    message["Date"] = format_datetime(mail.requested_at)
    message["Message-ID"] = f"<{mail.id}@{domain_of(sender)}>"
    # Suppresses automatic replies.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Report-Id"] = str(report.id)
    if mail.repeated:
        message["X-Deskhand-Repeat"] = "1"
    values = _values(mail, report, attachment, settings)
    message.set_content(_templates().get_template("report.txt").render(values))
    message.add_alternative(_templates().get_template("report.html").render(values), subtype="html")
    if attachment:
        kind, _, subtype = bucket.MEDIA_TYPE.partition("/")
        message.add_attachment(
            attachment.content, maintype=kind, subtype=subtype, filename=attachment.name
        )
    return message


def _subject(mail: ClaimedMail, report: Report) -> str:
    open_ = need_a_person(report.counts)
    what = f"{open_} {_need(open_)} a person" if open_ else "nothing is left to do"
    requests = "1 request" if report.rows == 1 else f"{report.rows} requests"
    suffix = _SUFFIX if mail.repeated else ""
    return f"Helpdesk requests, run {report.run_id}: {requests}, {what}{suffix}"


def _need(open_: int) -> str:
    return "needs" if open_ == 1 else "need"


def _values(
    mail: ClaimedMail, report: Report, attachment: Attachment | None, settings: Settings
) -> dict[str, Any]:
    open_ = need_a_person(report.counts)
    return {
        "report": report,
        "repeated": mail.repeated,
        "counts": [
            (report.counts[name], meaning)
            for name, meaning in _SHOWN_COUNTS.items()
            if report.counts.get(name)
        ],
        # The faults begin with the items that could not be read at all.
        "unreadable": report.faults[: report.counts.get("unreadable") or 0][:_NAMED],
        "open": open_,
        "need": _need(open_),
        "file": attachment.name if attachment else None,
        "link": f"{settings.api_url.rstrip('/')}/reports/{report.id}/file",
        "code_url": settings.report_code_url,
    }


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
