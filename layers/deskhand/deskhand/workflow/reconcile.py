"""Repairs stalled runs: sends the message again, starts the next attempt, or marks them FAILED.

Queue messages and executions may be lost at any time; reconciliation still finishes every accepted
ticket.
"""

import time
from collections import Counter
from collections.abc import Iterator
from itertools import takewhile
from typing import Literal

from botocore.exceptions import BotoCoreError, ClientError

from deskhand.logs import log
from deskhand.store import runs
from deskhand.store.connection import Connection, connection
from deskhand.store.runs import Stalled
from deskhand.workflow import executions

STALLED_AFTER_SECONDS = 300.0
MAX_ATTEMPTS = 5
# Less than the function's four minutes; the next call comes after five.
WORK_SECONDS = 200.0
_AT_ONCE = 500

type Action = Literal["left", "sent_again", "next_attempt", "failed", "moved_on", "unknown"]


def reconcile(
    stalled_after_seconds: float = STALLED_AFTER_SECONDS, work_seconds: float = WORK_SECONDS
) -> dict[str, int]:
    """Counts of stalled runs by action: left alone, sent again, given a next attempt, failed.

    Handles each run once; runs that `work_seconds` do not suffice for are left to the next call.
    """
    deadline = time.monotonic() + work_seconds
    with connection() as conn:
        stalled = _stalled(conn, stalled_after_seconds)
        in_time = takewhile(lambda _: time.monotonic() < deadline, stalled)
        done = Counter[str](_revive(conn, run) for run in in_time)
    log.info("reconciled", extra={"runs": dict(done)})
    return dict(done)


def _stalled(conn: Connection, after_seconds: float) -> Iterator[Stalled]:
    seen: list[int] = []
    while batch := runs.stalled_runs(conn, after_seconds, _AT_ONCE, seen):
        yield from batch
        # Without this, a run that was left as it is would be selected again and again.
        seen += [run.run_id for run in batch]


def _revive(conn: Connection, run: Stalled) -> Action:
    """Every change is conditional on the attempt: a concurrent change of the run wins."""
    try:
        state = _state(run)
    except (BotoCoreError, ClientError) as error:
        # An error for one run must not delay the others.
        log.warning(
            "cannot be described", extra={"run_id": run.run_id, "error": type(error).__name__}
        )
        return "unknown"
    if state == "RUNNING":
        runs.touch(conn, run)
        return "left"
    if state == "MISSING" and not run.started:
        return "sent_again" if runs.send_again(conn, run) else "moved_on"
    if run.attempts < MAX_ATTEMPTS:
        return "next_attempt" if runs.next_attempt(conn, run) else "moved_on"
    reason = f"{MAX_ATTEMPTS} executions ended without a result"
    failed = runs.fail(conn, run.run_id, run.attempt, "AttemptsExhausted", reason)
    return "failed" if failed else "moved_on"


def _state(run: Stalled) -> executions.State:
    if executions.is_described(run.message):
        return executions.state(run.message)
    # While an execution lives, its run was dispatched or has moved less than EXPRESS_SECONDS ago. A
    # run that began no step may not have been started at all: to start it again does no harm.
    return "CLOSED" if run.started else "MISSING"
