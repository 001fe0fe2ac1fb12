"""Sends due notices, each separately, until the receiver has accepted it."""

import time
from collections.abc import Callable

from deskhand.escalation import mail, topic, webhook
from deskhand.escalation.notice import Notice, NotSent
from deskhand.logs import log
from deskhand.settings.environment import Settings, settings
from deskhand.store import notices
from deskhand.store.connection import Connection, connection

# Less than the minute until the next run begins, with one slow send on top.
RUN_SECONDS = 40.0

CHANNELS: dict[str, Callable[[Notice, Settings], None]] = {
    "topic": topic.send,
    "mailto": mail.send,
    "webhook": webhook.send,
}


def notify(*, due_now: bool = False) -> dict[str, int]:
    """How many due notices were `sent` and how many `refused`; those wait with a back-off."""
    deadline = time.monotonic() + RUN_SECONDS
    done = {"sent": 0, "refused": 0}
    with connection() as conn:
        if due_now:
            notices.make_due(conn)
        while time.monotonic() < deadline and (row := notices.claim_due(conn)):
            done["sent" if _sent(conn, Notice(**row)) else "refused"] += 1
    log.info("notified", extra=done)
    return done


def _sent(conn: Connection, notice: Notice) -> bool:
    ids = {"notice_id": str(notice.id), "request_id": notice.request_id}
    try:
        CHANNELS[notice.channel](notice, settings())
    except NotSent as error:
        notices.note_refusal(conn, notice.id, str(error))
        log.warning("notice refused", extra={**ids, "error": str(error)})
        return False
    notices.mark_sent(conn, notice.id, notice.channel)
    log.info("notice sent", extra={**ids, "channel": notice.channel})
    return True
