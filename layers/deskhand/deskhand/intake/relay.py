"""The relay of the outbox: sends stored messages until the queue accepts them."""

import time

from botocore.exceptions import BotoCoreError, ClientError

from deskhand.intake import queue
from deskhand.logs import log
from deskhand.settings.environment import settings
from deskhand.store import (
    attribution_requests,
    bulks,
    calls,
    idempotency_keys,
    outbox,
    retention,
    sessions,
    throttle,
)
from deskhand.store.connection import connection

# Less than the function's minute, with one slow batch on top: what is left waits for the next call.
RUN_SECONDS = 40.0


def relay(*, due_now: bool = False) -> dict[str, int]:
    """Sends every due message; returns the numbers of sent and of deleted expired rows.

    Stops at the first batch that the queue does not accept: its messages wait with a back-off.
    """
    sent, deadline = 0, time.monotonic() + RUN_SECONDS
    with connection() as conn:
        if due_now:
            outbox.make_due(conn)
        while time.monotonic() < deadline and (messages := outbox.claim_due(conn, queue.BATCH)):
            try:
                taken = queue.send_all(messages)
            except (BotoCoreError, ClientError) as error:
                log.warning("queue refuses", extra={"error": type(error).__name__})
                break
            outbox.mark_sent(conn, taken)
            sent += len(taken)
        reaped = {
            "reaped_keys": idempotency_keys.reap(conn),
            "reaped_answers": calls.reap(conn),
            "reaped_sessions": sessions.reap(conn),
            "reaped_bulks": bulks.reap(conn),
            "reaped_counters": throttle.reap(conn),
            "reaped_requests": attribution_requests.reap(conn, settings().report_days),
            **retention.reap(conn, settings().retention_days, lambda: time.monotonic() < deadline),
        }
    log.info("relayed", extra={"sent": sent, **reaped})
    return {"sent": sent, **reaped}
