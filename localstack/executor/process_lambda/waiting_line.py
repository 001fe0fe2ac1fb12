"""Limits the environments of a function: in a burst, calls wait instead of starting more.

LocalStack starts another environment for each call that finds none free. On a machine with few
cores, a few hundred concurrent executions of a state machine would start hundreds of interpreters
at the same time, and each would slow the others. With PROCESS_LAMBDA_ENVIRONMENTS set, a function
has at most that many, and a call waits for a free one.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock, Semaphore
from typing import Any

from localstack.services.lambda_.invocation.assignment import AssignmentService

from process_lambda.settings import environments_limit

# A function that calls itself would wait for ever: after this time it gets one more environment.
PATIENCE_SECONDS = 30.0


class WaitingLine:
    """Places for calls of a function version: at most `limit` at a time."""

    def __init__(self, limit: int) -> None:
        self._lock = Lock()
        self._places: defaultdict[str, Semaphore] = defaultdict(lambda: Semaphore(limit))

    @contextmanager
    def place(self, version: str) -> Iterator[None]:
        """Hold a place during the context; waits for one if necessary."""
        with self._lock:
            places = self._places[version]
        admitted = places.acquire(timeout=PATIENCE_SECONDS)
        try:
            yield
        finally:
            if admitted:
                places.release()


def apply() -> None:
    """Make calls wait for a place, if a limit is set."""
    limit = environments_limit()
    if limit is None:
        return
    line, get_environment = WaitingLine(limit), AssignmentService.get_environment

    @contextmanager
    def get_environment_in_turn(service: Any, version: str, *args: Any) -> Iterator[Any]:
        with line.place(version), get_environment(service, version, *args) as environment:
            yield environment

    AssignmentService.get_environment = get_environment_in_turn
