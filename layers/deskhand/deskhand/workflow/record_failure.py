"""What a failed run tells its reader."""

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from deskhand.logs import log
from deskhand.store import runs
from deskhand.store.connection import connection


class FailureEvent(BaseModel):
    """What the state machine's Catch hands over.

    The state machine names the step: a function that cannot start never writes its own name into
    the run. Executions of an older definition do not name it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    ticket_id: str
    run_id: int = Field(ge=1)
    attempt: int = Field(ge=1)
    step: str | None = None
    error: str
    cause: str = ""


def record(event: dict[str, Any]) -> bool:
    """Whether this call ended the run as FAILED."""
    failure = FailureEvent.model_validate(event)
    with connection(keep=False) as conn:
        recorded = runs.fail(
            conn,
            failure.run_id,
            failure.attempt,
            failure.error,
            reason_of(failure.cause),
            failure.step,
        )
    log.info("failure recorded" if recorded else "overtaken", extra={"run_id": failure.run_id})
    return recorded


def reason_of(cause: str) -> str:
    """The message in a Lambda's cause (JSON), or the cause itself; at most 500 characters."""
    try:
        message = json.loads(cause)["errorMessage"]
    except (ValueError, KeyError, TypeError):
        message = cause
    return str(message)[:500] or "no message"
