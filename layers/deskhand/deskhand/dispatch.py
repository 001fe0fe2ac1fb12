"""From a queue message to a running execution."""

from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from deskhand import executions
from deskhand.logs import log
from deskhand.store import runs
from deskhand.store.connection import connection
from deskhand.store.outbox import Message


class QueueMessage(BaseModel):
    """The body of a message, as `Message.to_json` writes it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ticket_id: UUID
    run_id: int = Field(ge=1)
    attempt: int = Field(ge=1)


def dispatch(body: str) -> None:
    """Starts the attempt's execution if the attempt is still the run's.

    Returning acknowledges the message: also for unknown, ended and overtaken runs, which no retry
    could help. Raises for a body that is no message, and when database or Step Functions fail.
    """
    wanted = QueueMessage.model_validate_json(body)
    message = Message(wanted.ticket_id, wanted.run_id, wanted.attempt)
    with connection() as conn:
        run = runs.standings(conn, [message.run_id]).get(message.run_id)
    ids = {"run_id": message.run_id, "attempt": message.attempt}
    if run is None:
        log.warning("unknown run", extra=ids)
    elif run.attempt != message.attempt or run.status not in ("PENDING", "IN_PROGRESS"):
        log.info("overtaken or ended", extra=ids)
    else:
        started = executions.start(message)
        log.info("started" if started else "already started", extra=ids)
