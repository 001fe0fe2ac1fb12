"""Records why a run failed."""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from deskhand.errors import AttemptOvertaken
from deskhand.logs import log
from deskhand.store import runs
from deskhand.store.attribution_requests import fail_batch
from deskhand.store.connection import Connection, connection


class FailureEvent(BaseModel):
    """The input from a state machine's Catch.

    The state machine names the step, since a function that cannot start cannot record its own name.
    Executions of an older definition omit it. With a `batch` only that part of a run of attribution
    has failed. Members that are not known yet are passed over, as in a step's event.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    ticket_id: str | None = None  # a run of attribution has none
    run_id: int = Field(ge=1)
    attempt: int = Field(ge=1)
    execution: str | None = None
    step: str | None = None
    batch: int | None = Field(None, ge=0)
    error: str
    cause: str = ""


def record(event: dict[str, Any]) -> bool:
    """Marks the run, or only its batch, as failed; False when the run had ended before,
    has a newer attempt, or is worked on by another execution."""
    failure = FailureEvent.model_validate(event)
    with connection(keep=False) as conn:
        if failure.batch is None:
            recorded = _record(conn, failure)
        else:
            recorded = _record_batch(conn, failure, failure.batch)
    log.info("failure recorded" if recorded else "overtaken", extra={"run_id": failure.run_id})
    return recorded


def _record(conn: Connection, failure: FailureEvent) -> bool:
    return runs.fail(
        conn,
        failure.run_id,
        failure.attempt,
        failure.error,
        reason_of(failure.cause),
        failure.step,
        failure.execution,
    )


def _record_batch(conn: Connection, failure: FailureEvent, batch: int) -> bool:
    reason = f"{failure.error}: {reason_of(failure.cause)}"
    try:
        fail_batch(conn, failure.run_id, failure.attempt, batch, reason)
    except AttemptOvertaken:
        return False
    return True


def reason_of(cause: str) -> str:
    """The message in a Lambda's cause (JSON), or the cause itself; at most 500 characters."""
    try:
        message = json.loads(cause)["errorMessage"]
    except (ValueError, KeyError, TypeError):
        message = cause
    return str(message)[:500] or "no message"
