"""The health of each component that the desk needs. Slow is not down.

A part is down when it fails twice in a row, or fails after more than LIMIT_SECONDS. The second
question follows in the same request: the next request may come to another execution environment,
which knows nothing of this one, and a failure remembered in the database would be lost with the
database. All parts are asked at the same time, so that an answer never takes as long as all limits
together.

Anybody may ask, without a token. A report therefore serves all who ask in the next KEPT_SECONDS:
however many they are, an execution environment asks AWS and the database no more often.
"""

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from deskhand.errors import DatabaseUnavailable
from deskhand.intake import queue
from deskhand.settings.environment import SettingInvalid, settings
from deskhand.store.connection import connection
from deskhand.workflow import executions

type Part = dict[str, Any]

SLOW_SECONDS = 2
# The longest wait for one answer: a second to connect and seven to read from AWS, three to connect
# and four to read from the database.
LIMIT_SECONDS = 8
# Pause before the second question: long enough for a reconnect or a short network failure.
PAUSE_SECONDS = 0.5
KEPT_SECONDS = 5
_READ_SECONDS = LIMIT_SECONDS - 1

_FAILURES = (BotoCoreError, ClientError, DatabaseUnavailable, SettingInvalid)


@dataclass(frozen=True, slots=True)
class Timer:
    """Reads the time and sleeps; replaceable in tests."""

    now: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep


def prepare() -> None:
    """Build the clients during initialisation, when Lambda provides more CPU than for a request."""
    queue.sqs(_READ_SECONDS)
    executions.step_functions(_READ_SECONDS)


def report(clock: Timer) -> dict[str, Part]:
    """Return for each part: `status` (up, degraded, down), `seconds`, its figure, and `error`."""
    with ThreadPoolExecutor(len(_PARTS)) as pool:
        parts = pool.map(lambda look: _state(look, clock), _PARTS.values())
        return dict(zip(_PARTS, parts, strict=True))


@dataclass(slots=True)
class Reports:
    """The reports of an execution environment."""

    clock: Timer = field(default_factory=Timer)
    _last: dict[str, Part] | None = None
    _made: float = 0

    def current(self) -> dict[str, Part]:
        """Return the last report while it is younger than KEPT_SECONDS, otherwise a new one."""
        if self._last is None or self.clock.now() - self._made >= KEPT_SECONDS:
            self._last = report(self.clock)
            self._made = self.clock.now()
        return self._last


def worst_status(parts: Iterable[Part]) -> str:
    """Return the worst status of all parts."""
    found = {part["status"] for part in parts}
    return next(status for status in ("down", "degraded", "up") if status in found)


def _state(look: Callable[[], Part], clock: Timer) -> Part:
    start, error = clock.now(), None
    part = _ask(look)
    if "error" in part and clock.now() - start < LIMIT_SECONDS:
        error = part["error"]
        clock.sleep(PAUSE_SECONDS)
        part = _ask(look)
    seconds = round(clock.now() - start, 3)
    hindered = error is not None or seconds > SLOW_SECONDS
    status = "down" if "error" in part else "degraded" if hindered else "up"
    return {"status": status, "seconds": seconds, **({"error": error} if error else {}), **part}


def _ask(look: Callable[[], Part]) -> Part:
    """Return the part's figure, or the name of the error."""
    try:
        return look()
    except _FAILURES as error:
        return {"error": type(error).__name__}


def _database() -> Part:
    with connection() as conn:
        conn.execute("SELECT")
    return {}


def _queue() -> Part:
    reply = queue.sqs(_READ_SECONDS).get_queue_attributes(
        QueueUrl=settings().need("queue_url"), AttributeNames=["ApproximateNumberOfMessages"]
    )
    return {"waiting": int(reply["Attributes"]["ApproximateNumberOfMessages"])}


def _workflow() -> Part:
    machine = executions.step_functions(_READ_SECONDS).describe_state_machine(
        stateMachineArn=settings().need("state_machine_arn")
    )
    return {"state_machine": machine["name"]}


def _models() -> Part:
    """Return what is configured: a run survives the loss of a provider, so none is asked here."""
    return {"providers": settings().llm_providers.split(",")}


_PARTS: dict[str, Callable[[], Part]] = {
    "database": _database,
    "queue": _queue,
    "workflow": _workflow,
    "models": _models,
}
