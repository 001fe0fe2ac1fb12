"""A function that is killed in the middle of a step: a process of its own, ended by SIGKILL."""

import importlib
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal

from deskhand.store import steps
from deskhand.store.steps import Outcome
from tests.patience import HUNG_SECONDS
from tests.processes import forked, take_over

# When it dies: before anything of its outcome is stored, when all of it is written but not
# committed, or when all of it is committed and Lambda has no answer yet.
type Point = Literal["before", "within", "after"]
POINTS: tuple[Point, ...] = ("before", "within", "after")

# What Lambda calls it when a function's process ends.
ExitError = type("Runtime.ExitError", (Exception,), {})


class Killed:
    """In the place of a handler: a process that runs the real one until `point`.

    It dies as often as it is called with a revision of `only` (None: with any), until `alive` is
    set. `dead` is called after each death. Without a point, somebody calls `kill`.
    """

    def __init__(self, step: str, point: Point | None, only: int | None = None) -> None:
        self.alive = False
        self.deaths = 0
        self.dead: Callable[[], None] = lambda: None
        self.kill: Callable[[], None] = lambda: None
        self._step = step
        self._point = point
        self._only = only

    def __call__(self, event: dict[str, Any], _: Any) -> dict[str, Any]:
        if self.alive or self._only not in (None, event.get("revision")):
            module = importlib.import_module(f"functions.{self._step}.handler")
            return dict(module.handler(event, None))
        arguments = (dict(os.environ), self._step, self._point, event)
        process = forked().Process(target=_run, args=arguments, daemon=True)
        self.kill = process.kill
        process.start()
        process.join(HUNG_SECONDS)
        assert process.exitcode == -signal.SIGKILL, f"it ended by itself ({process.exitcode})"
        self.deaths += 1
        self.dead()
        raise ExitError("Runtime exited without providing a reason")


def _run(variables: dict[str, str], step: str, point: Point | None, event: dict[str, Any]) -> None:
    take_over(variables)
    close: Callable[..., dict[str, Any]] = steps.close_step

    def dying(*arguments: Any) -> dict[str, Any]:
        *key, outcome, seconds = arguments
        if point == "before":
            _die()
        return close(*key, _dying_within(outcome) if point == "within" else outcome, seconds)

    setattr(steps, "close_step", dying)  # noqa: B010 - only this process dies
    importlib.import_module(f"functions.{step}.handler").handler(event, None)
    if point == "after":
        _die()


def _dying_within(outcome: Outcome) -> Outcome:
    def apply(conn: Any, ticket_id: Any) -> None:
        if outcome.apply:
            outcome.apply(conn, ticket_id)
        _die()

    return replace(outcome, apply=apply)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
