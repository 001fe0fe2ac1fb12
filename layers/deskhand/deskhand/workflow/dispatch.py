"""From a queue message to a running execution, as many at a time as there are places."""

import time
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from deskhand.intake import queue
from deskhand.logs import log
from deskhand.settings.environment import settings
from deskhand.store import outbox, runs
from deskhand.store.connection import Connection, connection
from deskhand.store.outbox import Message
from deskhand.store.runs import Place
from deskhand.workflow import executions

# Inside the function's 30 seconds, with time left for the rest of the batch.
WAIT_SECONDS = 20.0
_LOOK_AGAIN_SECONDS = 0.2
POSTPONED_SECONDS = 20.0


class QueueMessage(BaseModel):
    """The body of a message, as `Message.to_json` writes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ticket_id: UUID
    # What the columns of a run cannot hold was not written by us.
    run_id: int = Field(ge=1, lt=2**63)
    attempt: int = Field(ge=1, lt=2**31)


def dispatch(message_id: str, body: str, deadline: float) -> None:
    """Starts the attempt's execution if the attempt is still the run's and there is a place.

    Returning acknowledges the message: also for unknown, ended and overtaken runs, which no retry
    could help, and for those that found no place until `deadline` (of time.monotonic) and are owed
    to the outbox again. A body that is no message can never be one: it goes to the dead-letter
    queue at once. Raises when a queue or Step Functions refuses.
    """
    try:
        wanted = QueueMessage.model_validate_json(body)
    except ValidationError:
        # A crash before the message is acknowledged leaves two copies, and loses none.
        queue.bury(message_id, body)
        log.warning("buried: not a message of ours", extra={"message_id": message_id})
        return
    message = Message(wanted.ticket_id, wanted.run_id, wanted.attempt)
    ids = {"run_id": message.run_id, "attempt": message.attempt}
    with connection() as conn:
        place = _wait_for_place(conn, message, deadline)
        if place == "full":
            outbox.postpone(conn, message, POSTPONED_SECONDS)
    if place == "taken":
        started = executions.start(message)
        log.info("started" if started else "already started", extra=ids)
    else:
        log.info("postponed" if place == "full" else "unknown, ended or overtaken", extra=ids)


def _wait_for_place(conn: Connection, message: Message, deadline: float) -> Place:
    while True:
        place = runs.take_place(conn, message, settings().max_open_runs)
        if place != "full" or time.monotonic() >= deadline:
            return place
        time.sleep(_LOOK_AGAIN_SECONDS)
