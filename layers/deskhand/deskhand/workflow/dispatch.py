"""Starts executions for queue messages, at most MAX_OPEN_RUNS at a time."""

import time
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deskhand.intake import queue
from deskhand.logs import log
from deskhand.settings.environment import settings
from deskhand.store import outbox, runs
from deskhand.store.connection import Connection, connection
from deskhand.store.outbox import AnyMessage, Message
from deskhand.store.runs import Place
from deskhand.workflow import executions

# Less than the function's 30 seconds, with time left for the rest of the batch.
WAIT_SECONDS = 20.0
_LOOK_AGAIN_SECONDS = 0.2
POSTPONED_SECONDS = 20.0


class QueueMessage(BaseModel):
    """The body of a message, as `Message.to_json` writes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ticket_id: UUID | None = None
    # Our messages always fit the columns of a run; other values are not ours.
    run_id: int = Field(ge=1, lt=2**63)
    attempt: int = Field(ge=1, lt=2**31)


def dispatch(
    message_id: str,
    body: str,
    deadline: float,
    request_id: str | None = None,
    trace: str | None = None,
) -> None:
    """Starts the attempt's execution if the attempt is still current and a place is free.

    Returning acknowledges the message. That includes unknown, ended and superseded runs, which a
    retry cannot help, and runs without a free place until `deadline` (time.monotonic), which go
    back to the outbox. A body that is not a message goes to the dead-letter queue at once. Raises
    when SQS or Step Functions fails. `request_id` and `trace` came beside the message.
    """
    try:
        wanted = QueueMessage.model_validate_json(body)
    except ValidationError:
        # A crash before the acknowledgement leaves two copies and loses none.
        queue.bury(message_id, body)
        log.warning("buried: not a message of ours", extra={"message_id": message_id})
        return
    message = Message(wanted.ticket_id, wanted.run_id, wanted.attempt, request_id, trace)
    ids = {"run_id": message.run_id, "attempt": message.attempt, "request_id": request_id}
    with connection() as conn:
        place = _wait_for_place(conn, message, deadline)
        if place == "full":
            outbox.postpone(conn, message, POSTPONED_SECONDS)
    if place == "taken":
        started = executions.start(message)
        log.info("started" if started else "already started", extra=ids)
    else:
        log.info("postponed" if place == "full" else "unknown, ended or overtaken", extra=ids)


def _wait_for_place(conn: Connection, message: AnyMessage, deadline: float) -> Place:
    while True:
        place = runs.take_place(conn, message, settings().max_open_runs)
        if place != "full" or time.monotonic() >= deadline:
            return place
        time.sleep(_LOOK_AGAIN_SECONDS)
