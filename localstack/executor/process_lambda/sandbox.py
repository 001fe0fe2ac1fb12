"""An execution environment: one runtime at a time, replaced after its end or a change of code."""

import shutil
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from process_lambda import reports
from process_lambda.events import Answered, AnswerTooLarge, Exited, InitFailed, Ready
from process_lambda.function import Function
from process_lambda.hot_reload import newest_source
from process_lambda.output import Output
from process_lambda.reports import InvocationResult, Measures
from process_lambda.runtime import MemoryExceeded, Runtime
from process_lambda.runtime_api import Request

_LAST_WORDS_SECONDS = 1.0


@dataclass(frozen=True)
class Reply:
    """The outcome of an invocation with its log lines."""

    outcome: InvocationResult
    logs: str


class Sandbox:
    """Runs the invocations of one function version, one after the other."""

    def __init__(
        self,
        function: Function,
        given: Mapping[str, object],
        directory: Path,
        init_seconds: float,
    ) -> None:
        """Create the environment's directories; starts no process."""
        _make(directory)
        self._function = function
        self._given = given
        self._directory = directory
        self._init_seconds = init_seconds
        self._output = Output(directory / "output.log")
        self._runtime: Runtime | None = None
        self._source_time = 0
        self._init_ms: float | None = None
        self._init_problem: InvocationResult | None = None
        self._state = threading.Lock()
        self._busy = False
        self._retired = False

    @property
    def retired(self) -> bool:
        """Whether LocalStack has stopped the environment, perhaps during an invocation."""
        return self._retired

    def start(self) -> InvocationResult | None:
        """Start the runtime and wait for the end of its init phase; returns its error, or None."""
        self._launch()
        return self._init_problem

    def invoke(self, request: Request) -> Reply:
        """Run one invocation, in a new runtime if the present one cannot be used."""
        self._enter()
        try:
            runtime = self._current()
            started = time.monotonic()
            outcome = self._init_problem or self._run(runtime, request)
            if not (self._init_problem or runtime.alive or runtime.has_taken(request)):
                # The process ended while it waited, and nobody had noticed yet.
                runtime.end()
                runtime = self._launch()
                outcome = self._init_problem or self._run(runtime, request)
            duration_ms = (time.monotonic() - started) * 1000
            if outcome.status:
                runtime.end()
            return Reply(outcome, self._logs(runtime, request, outcome, duration_ms))
        finally:
            self._leave()

    def take_output(self) -> str:
        """The output that belongs to no invocation so far."""
        return self._output.take()

    def retire(self) -> None:
        """Close when no invocation is running: a deployment lets them finish."""
        with self._state:
            self._retired = True
            busy = self._busy
        if not busy:
            self.close()

    def close(self) -> None:
        """End the runtime at once and remove all files of the environment."""
        if self._runtime:
            self._runtime.end()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _enter(self) -> None:
        with self._state:
            self._busy = True

    def _leave(self) -> None:
        with self._state:
            self._busy = False
            retired = self._retired
        if retired:
            self.close()

    def _current(self) -> Runtime:
        runtime = self._runtime
        if runtime is None:
            return self._launch()
        # The invocation that waited for a failed init gets its error; only the next one starts
        # anew.
        if self._init_problem or (runtime.alive and self._source_time == self._newest_source()):
            return runtime
        runtime.end()
        return self._launch()

    def _launch(self) -> Runtime:
        started = time.monotonic()
        # LocalStack may stop an environment between its choice and the call.
        _make(self._directory)
        self._source_time = self._newest_source()
        runtime = Runtime(self._function, self._given, self._directory, self._output)
        self._runtime = runtime
        self._init_problem = self._await_init(runtime, started + self._init_seconds)
        self._init_ms = (time.monotonic() - started) * 1000
        if self._init_problem:
            runtime.end()
        return runtime

    def _newest_source(self) -> int:
        return newest_source(self._function.task) if self._function.hot_reloading else 0

    def _await_init(self, runtime: Runtime, deadline: float) -> InvocationResult | None:
        try:
            match runtime.next_event(deadline):
                case Ready():
                    return None
                case InitFailed(payload):
                    runtime.let_finish(_LAST_WORDS_SECONDS)
                    return reports.init_failure_result(payload)
                case Exited(status):
                    return reports.exit_result("", status)
                case _:
                    return reports.init_timeout_result(self._init_seconds)
        except MemoryExceeded:
            return reports.out_of_memory_result("")

    def _run(self, runtime: Runtime, request: Request) -> InvocationResult:
        seconds = self._function.timeout_seconds
        runtime.offer(request, int((time.time() + seconds) * 1000))
        try:
            return self._await_answer(runtime, request.request_id, time.monotonic() + seconds)
        except MemoryExceeded:
            return reports.out_of_memory_result(request.request_id)

    def _await_answer(self, runtime: Runtime, request_id: str, deadline: float) -> InvocationResult:
        while True:
            match runtime.next_event(deadline):
                case Answered(answered_id, payload, failed) if answered_id == request_id:
                    return InvocationResult(payload, failed)
                case AnswerTooLarge():
                    runtime.let_finish(_LAST_WORDS_SECONDS)
                    return reports.too_large_result()
                case Exited(status):
                    return reports.exit_result(request_id, status)
                case None:
                    return reports.timeout_result(request_id, self._function.timeout_seconds)
                case _:
                    continue

    def _logs(
        self, runtime: Runtime, request: Request, outcome: InvocationResult, duration_ms: float
    ) -> str:
        function, init_ms = self._function, self._init_ms
        self._init_ms = self._init_problem = None
        measures = Measures(duration_ms, function.memory_mib, runtime.peak_mib, init_ms)
        printed = self._output.take()
        return reports.log_text(request.request_id, function.version, printed, outcome, measures)


def _make(directory: Path) -> None:
    for name in ("home", "tmp"):
        (directory / name).mkdir(parents=True, exist_ok=True)
