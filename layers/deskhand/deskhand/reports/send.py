"""Sends the mails that are owed: those from before first, each half within its own time.

A mail is marked as being sent, then as being in the server's hands, then as sent. Each is committed
before the next begins, so it is known what a crash may have left behind.
"""

import time
from uuid import UUID

from deskhand.errors import BucketUnavailable, StepFailed
from deskhand.logs import log
from deskhand.mail.address import AddressInvalid, plain
from deskhand.mail.smtp import LIMITS, Envelope, Failure, NotTaken, hand_over
from deskhand.reports import bucket
from deskhand.reports.message import attachment_of, fits, message_of
from deskhand.settings.environment import Settings, settings
from deskhand.store import report_mails, reports
from deskhand.store.connection import Connection, StoreError
from deskhand.store.report_mails import WORKFLOW, ClaimedMail
from deskhand.store.reports import Report

# Time in which a mail may begin: within each half of the step, and within a call every minute. The
# last mail goes on top of it.
HALF_SECONDS, RUN_SECONDS = 15.0, 30.0
# What the last mail may take: its file, and its way to the server.
MAIL_SECONDS = bucket.LONGEST_SECONDS + LIMITS.mail
_WRONG_LOGIN = "the mail server refuses the login: check SMTP_USER and SMTP_PASSWORD"
_NO_SERVER = "SMTP_HOST or MAIL_FROM is not set"


class _Stopped(Exception):
    """No mail can be sent at the moment; the message says why."""


class _LeaseLost(Exception):
    """Another process has taken over the mail."""


def send_report(conn: Connection, run_id: int) -> dict[str, int]:
    """Owes the run's report to each recipient and sends what is due; returns counts of mails.

    `earlier` are mails of other reports that were sent. They go first, and take none of the time of
    this report.
    """
    report = reports.of_run(conn, run_id)
    if report is None:
        raise StepFailed("the run has no report")
    report_id = report.id
    report_mails.owe(conn, report_id, settings().recipients, WORKFLOW)
    earlier = _send_due(conn, HALF_SECONDS, other_than=report_id)
    _send_due(conn, HALF_SECONDS, report_id=report_id)
    found = report_mails.counts(conn, report_id)
    waiting = found.get("owed", 0) + found.get("sending", 0)
    ended = {status: found.get(status, 0) for status in ("sent", "refused", "uncertain")}
    return {**ended, "waiting": waiting, "earlier": earlier}


def send_due(conn: Connection, *, due_now: bool = False) -> int:
    """Sends what is due and returns the number of mails sent; `due_now` ignores the wait once."""
    if due_now:
        report_mails.make_due(conn)
    return _send_due(conn, RUN_SECONDS)


def _send_due(
    conn: Connection,
    seconds: float,
    *,
    report_id: UUID | None = None,
    other_than: UUID | None = None,
) -> int:
    deadline = time.monotonic() + seconds
    report_mails.settle_expired(conn)
    sent = 0
    try:
        while time.monotonic() < deadline:
            mail = report_mails.claim(conn, report_id=report_id, other_than=other_than)
            if mail is None:
                break
            sent += _send(conn, mail, settings())
    except _Stopped as error:
        log.error("no mail can be sent", extra={"error": str(error)})
    return sent


def _send(conn: Connection, mail: ClaimedMail, chosen: Settings) -> bool:
    """Whether the mail was sent; raises _Stopped when no other can be sent either."""
    started = time.monotonic()
    try:
        envelope = _envelope(_report(conn, mail), mail, chosen)
        reply = hand_over(envelope, chosen, lambda: _start_data(conn, mail, envelope))
    except _LeaseLost:
        return False
    except (AddressInvalid, bucket.FileGone, bucket.FileChanged) as error:
        report_mails.refuse(conn, mail, str(error))
    except BucketUnavailable as error:
        report_mails.postpone(conn, mail, str(error))
    except NotTaken as error:
        _settle(conn, mail, error)
    except StoreError:
        raise
    except Exception as error:
        # A mail that meets a defect of ours must not hold up the others, nor end the run.
        log.error("unexpected error", extra={**_named(mail), "error": type(error).__name__})
        report_mails.end_try(conn, mail, type(error).__name__)
    else:
        report_mails.mark_sent(conn, mail, reply, time.monotonic() - started)
        log.info("report sent", extra=_named(mail))
        return True
    return False


def _report(conn: Connection, mail: ClaimedMail) -> Report:
    report = reports.get(conn, mail.report_id)
    if report is None:
        # A foreign key forbids it.
        raise LookupError("the mail has no report")
    return report


def _envelope(report: Report, mail: ClaimedMail, chosen: Settings) -> Envelope:
    if not chosen.smtp_host or not chosen.mail_from:
        raise NotTaken(Failure.SERVER, None, _NO_SERVER)
    attached = not mail.linked and fits(report.bytes, chosen)
    attachment = attachment_of(report) if attached else None
    content = message_of(mail, report, attachment, chosen).as_bytes()
    sizes = {"file_bytes": report.bytes, "bytes": len(content), "attached": attached}
    log.info("sending a report", extra={**_named(mail), **sizes})
    return Envelope(plain(chosen.mail_from), plain(mail.recipient), content)


def _start_data(conn: Connection, mail: ClaimedMail, envelope: Envelope) -> None:
    if not report_mails.start_data(conn, mail, envelope.sender, len(envelope.content)):
        raise _LeaseLost


def _settle(conn: Connection, mail: ClaimedMail, error: NotTaken) -> None:
    """Stores what the failure means for the mail; raises _Stopped when it concerns all of them."""
    log.warning("report not sent", extra={**_named(mail), "error": str(error)})
    match error.failure:
        case Failure.UNCERTAIN:
            report_mails.lose_reply(conn, mail, str(error))
        case Failure.TOO_LARGE if not mail.linked:
            report_mails.link(conn, mail)
        case Failure.TOO_LARGE | Failure.REFUSED:
            report_mails.refuse(conn, mail, str(error))
        case Failure.LATER:
            report_mails.postpone(conn, mail, str(error))
        case Failure.SERVER:
            report_mails.postpone(conn, mail, str(error))
            raise _Stopped(str(error))
        case Failure.LOGIN:
            report_mails.postpone(conn, mail, str(error))
            report_mails.postpone_all(conn, f"{_WRONG_LOGIN} ({error})")
            raise _Stopped(_WRONG_LOGIN)


def _named(mail: ClaimedMail) -> dict[str, object]:
    """What logs say of a mail: ids, never an address."""
    return {"report_id": str(mail.report_id), "mail_id": str(mail.id), "tries": mail.tries,
            "repeated": mail.repeated}  # fmt: skip
