"""One run of a function's runtime: its process, and the runtime API that the process talks to."""

import os
import time
from collections.abc import Mapping
from pathlib import Path
from queue import Empty, SimpleQueue

from process_lambda.events import Event, Mailbox
from process_lambda.function import Function
from process_lambda.memory import peak_mib
from process_lambda.output import Output
from process_lambda.runtime_api import Request, RuntimeApi
from process_lambda.runtime_process import RuntimeProcess
from process_lambda.variables import process_variables

_MEMORY_CHECK_SECONDS = 0.05


class MemoryExceeded(Exception):
    """The process uses more memory than the function may."""


class Runtime:
    """A started runtime; all that it does arrives as events."""

    def __init__(
        self, function: Function, given: Mapping[str, object], directory: Path, output: Output
    ) -> None:
        """Start the process."""
        self._function = function
        self._events: Mailbox = SimpleQueue()
        self._api = RuntimeApi(self._events)
        self.peak_mib = 0
        variables = process_variables(function, given, directory, self._api.address)
        descriptor = output.open()
        try:
            self._process = RuntimeProcess(
                # -P: the task directory is already on the path.
                [str(function.python), "-P", "-m", "awslambdaric", function.handler],
                function.task,
                variables,
                descriptor,
                self._events,
            )
        except OSError:
            self._api.close()
            raise
        finally:
            os.close(descriptor)

    @property
    def alive(self) -> bool:
        """Whether it can take an invocation."""
        return self._process.alive

    def offer(self, request: Request, deadline_ms: int) -> None:
        """Give it an invocation."""
        self._api.offer(request, deadline_ms)

    def has_taken(self, request: Request) -> bool:
        """Whether the process has got this invocation."""
        return self._api.taken == request.request_id

    def next_event(self, deadline: float) -> Event | None:
        """The next event, None when `deadline` passes; checks the memory while it waits."""
        while (left := deadline - time.monotonic()) > 0:
            try:
                event = self._events.get(timeout=min(left, _MEMORY_CHECK_SECONDS))
            except Empty:
                event = None
            self.check_memory()
            if event is not None:
                return event
        return None

    def check_memory(self) -> None:
        """Raise MemoryExceeded if the process uses or has used too much."""
        self.peak_mib = peak_mib(self._process.pid, self.peak_mib)
        if self.peak_mib > self._function.memory_mib:
            raise MemoryExceeded

    def let_finish(self, seconds: float) -> None:
        """Give a process that is about to end the time to write its last output."""
        self._process.wait(seconds)

    def end(self) -> None:
        """Kill the process and its children, and return when they have ended."""
        self._process.kill()
        self._api.close()
