"""The wrapper around every step's body: fence, stored outcome, timing, error names."""

import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import wraps
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from deskhand.errors import AttemptOvertaken, DatabaseUnavailable, DeskhandError, StepFailed
from deskhand.logs import log
from deskhand.safety.secrets.hiding import hide
from deskhand.settings.environment import SettingInvalid, settings
from deskhand.store import steps
from deskhand.store.connection import Connection, connection
from deskhand.store.steps import Opened, Outcome
from deskhand.ticket import Ticket
from deskhand.workflow.time_limit import OutOfTime, time_limit

# The state machine's MaxAttempts for model errors; a contract test compares the two.
MAX_RETRIES = 3
# What a hurried step reads of a body.
_HURRIED_CHARACTERS = 2_000
# As many tries may end without a trace before a step is hurried.
_LOST_TRIES = 2


class StepEvent(BaseModel):
    """The input of a step from the state machine: ids and counters.

    `execution` is the ARN of the execution that asks. A run of attribution has no ticket;
    `revision` is the number of a batch there. Members that are
    not known yet are passed over: a new definition may meet an old function during a deployment.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    ticket_id: str | None = None
    run_id: int = Field(ge=1)
    attempt: int = Field(ge=1)
    execution: str | None = Field(None, max_length=2048)
    revision: int = Field(0, ge=0)
    retry_count: int = Field(0, ge=0)


@dataclass(frozen=True)
class Work:
    """What a step's body receives besides the ticket.

    `hurried`: the body ran out of time before, or was killed twice, so it gets the beginning of the
    text and asks no model.
    """

    connection: Connection
    run_id: int
    attempt: int
    retry_count: int
    revision: int = 0
    hurried: bool = False

    @property
    def last_try(self) -> bool:
        """Whether the state machine will not retry a model error any more."""
        return self.retry_count >= MAX_RETRIES


type Body = Callable[[Ticket, Work], Outcome]
type RunBody = Callable[[Work], Outcome]
type _Do = Callable[[Opened, Work], Outcome]
type Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def step(name: str) -> Callable[[Body], Handler]:
    """Turns a body into a Lambda handler that completes it once for each run and revision.

    The handler returns the verdict: the stored one when the step has already been done. It raises
    errors of `deskhand.errors` only, since their names are what the state machine matches. A body
    that runs out of time runs once more, hurried; so does one whose function was killed twice.
    A setting out of range stops the start: SettingInvalid.
    """
    settings()

    def decorate(body: Body) -> Handler:
        return wraps(body)(
            _handler(name, lambda opened, work: body(_readable(opened.ticket, work), work))
        )

    return decorate


def run_step(name: str) -> Callable[[RunBody], Handler]:
    """The same for a step of a run without a ticket: its body receives the work alone."""
    settings()

    def decorate(body: RunBody) -> Handler:
        return wraps(body)(_handler(name, lambda _, work: body(work)))

    return decorate


def _handler(name: str, do: _Do) -> Handler:
    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        work = StepEvent.model_validate(event)
        log.append_keys(
            request_id=None, step=name, **work.model_dump(exclude={"revision", "execution"})
        )
        try:
            # MAX_OPEN_RUNS bounds the connections of all steps only if no step keeps one
            # between calls.
            try:
                with time_limit(context), connection(keep=False) as conn:
                    return _once(conn, name, work, do)
            except OutOfTime:
                # The connection may be in the middle of a statement: it is not used again.
                with connection(keep=False) as conn:
                    return _hurry(conn, name, work, do)
        except DeskhandError as error:
            log.warning("step failed", extra={"error": type(error).__name__})
            raise
        except SettingInvalid as error:
            log.error("wrong setting", extra={"error": str(error)})
            raise StepFailed(str(error)) from None
        except Exception as error:
            # A foreign error message may quote the ticket: only its type and source line are
            # logged.
            named = {"error": type(error).__name__, "at": _place(error)}
            log.error("unexpected error", extra=named)
            raise StepFailed(f"{name} ended in {type(error).__name__}") from None

    return handler


def _hurry(conn: Connection, name: str, event: StepEvent, do: _Do) -> dict[str, Any]:
    _note_out_of_time(conn, name, event)
    return _once(conn, name, event, do, hurried=True)


def _note_out_of_time(conn: Connection, name: str, event: StepEvent) -> None:
    log.warning("step out of time")
    steps.note_failure(conn, event.run_id, event.attempt, name, OutOfTime.__name__, 0.0)


def _once(
    conn: Connection, name: str, event: StepEvent, do: _Do, *, hurried: bool = False
) -> dict[str, Any]:
    opened = _open(conn, name, event)
    log.append_keys(request_id=opened.request_id)
    if opened.verdict is not None:
        log.info("step already done")
        return opened.verdict
    if not hurried and opened.lost >= _LOST_TRIES:
        # A native call that does not return, which no signal ends.
        _note_out_of_time(conn, name, event)
        hurried = True
    work = Work(conn, event.run_id, event.attempt, event.retry_count, event.revision, hurried)
    start = time.perf_counter()
    key = (conn, event.run_id, event.attempt, name)
    try:
        outcome = do(opened, work)
        seconds = time.perf_counter() - start
        return steps.close_step(*key, event.revision, outcome, seconds)
    except (DatabaseUnavailable, AttemptOvertaken):
        raise
    except Exception as error:
        steps.note_failure(*key, type(error).__name__, time.perf_counter() - start)
        raise


def _open(conn: Connection, name: str, event: StepEvent) -> Opened:
    key = (conn, event.run_id, event.attempt, name, event.revision, event.execution)
    try:
        return steps.open_step(*key)
    except AttemptOvertaken:
        # A concurrent call may have completed the run while the statement waited for the row lock:
        # only the next statement sees what it stored.
        return steps.open_step(*key)


def _readable(ticket: Ticket, work: Work) -> Ticket:
    """The ticket without its secrets: no model reads them, and nothing that a step stores does."""
    body = ticket.body[:_HURRIED_CHARACTERS] if work.hurried else ticket.body
    return replace(ticket, subject=hide(ticket.subject), body=hide(body))


def _place(error: Exception) -> str:
    """File and line of the innermost frame of our own code in the traceback."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if "deskhand" in frame.filename] or frames
    return f"{own[-1].filename}:{own[-1].lineno}"
