"""An execution environment: one runtime at a time, replaced when it was lost or its code changed."""

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
from process_lambda.reports import Measures, Outcome
from process_lambda.runtime import MemoryExceeded, Runtime
from process_lambda.runtime_api import Request

_LAST_WORDS_SECONDS = 1.0


@dataclass(frozen=True)
class Reply:
    """The outcome of an invocation with its log lines."""

    outcome: Outcome
    logs: str


class Sandbox:
    """Runs invocations of one function version, one after the other."""

    def __init__(
        self,
        function: Function,
        given: Mapping[str, object],
        directory: Path,
        init_seconds: float,
    ) -> None:
        """Make the environment's own directories; nothing runs yet."""
        for name in ("home", "tmp"):
            (directory / name).mkdir(parents=True)
        self._function = function
        self._given = given
        self._directory = directory
        self._init_seconds = init_seconds
        self._output = Output(directory / "output.log")
        self._runtime: Runtime | None = None
        self._source_time = 0
        self._init_ms: float | None = None
        self._init_problem: Outcome | None = None
        self._state = threading.Lock()
        self._busy = False
        self._retired = False

    def start(self) -> Outcome | None:
        """Start the runtime and wait for the end of its init phase; what went wrong, or None."""
        started = time.monotonic()
        self._source_time = self._newest_source()
        runtime = Runtime(self._function, self._given, self._directory, self._output)
        self._runtime = runtime
        problem = self._await_init(runtime, started + self._init_seconds)
        self._init_ms = (time.monotonic() - started) * 1000
        if problem:
            runtime.end()
        self._init_problem = problem
        return problem

    def invoke(self, request: Request) -> Reply:
        """Run one invocation, in a new runtime if there is none that can be used."""
        self._enter()
        try:
            if not self._usable():
                self._restart()
            started = time.monotonic()
            outcome = self._init_problem or self._run(request)
            self._init_problem = None
            return self._reply(request, outcome, (time.monotonic() - started) * 1000)
        finally:
            self._leave()

    def printed(self) -> str:
        """What was printed and belongs to no invocation so far."""
        return self._output.take()

    def retire(self) -> None:
        """Close as soon as no invocation is running: a deployment lets them finish."""
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

    def _usable(self) -> bool:
        if self._init_problem:
            # The init that this very invocation waited for: it is told before another is tried.
            return True
        runtime = self._runtime
        return bool(runtime and runtime.alive and self._source_time == self._newest_source())

    def _restart(self) -> None:
        if self._runtime:
            self._runtime.end()
        self.start()

    def _newest_source(self) -> int:
        return newest_source(self._function.task) if self._function.hot_reloading else 0

    def _await_init(self, runtime: Runtime, deadline: float) -> Outcome | None:
        try:
            match runtime.next_event(deadline):
                case Ready():
                    return None
                case InitFailed(payload):
                    runtime.let_finish(_LAST_WORDS_SECONDS)
                    return reports.init_failed(payload)
                case Exited(status):
                    return reports.exited("", status)
                case _:
                    return reports.init_timed_out(self._init_seconds)
        except MemoryExceeded:
            return reports.out_of_memory("")

    def _run(self, request: Request) -> Outcome:
        assert self._runtime
        runtime, seconds = self._runtime, self._function.timeout_seconds
        runtime.offer(request, int((time.time() + seconds) * 1000))
        try:
            outcome = self._await_answer(runtime, request.request_id, time.monotonic() + seconds)
        except MemoryExceeded:
            outcome = reports.out_of_memory(request.request_id)
        return outcome

    def _await_answer(self, runtime: Runtime, request_id: str, deadline: float) -> Outcome:
        while True:
            match runtime.next_event(deadline):
                case Answered(answered_id, payload, failed) if answered_id == request_id:
                    return Outcome(payload, failed)
                case AnswerTooLarge():
                    runtime.let_finish(_LAST_WORDS_SECONDS)
                    return reports.too_large()
                case Exited(status):
                    return reports.exited(request_id, status)
                case None:
                    return reports.timed_out(request_id, self._function.timeout_seconds)
                case _:
                    continue

    def _reply(self, request: Request, outcome: Outcome, duration_ms: float) -> Reply:
        assert self._runtime
        if outcome.status:
            self._runtime.end()
        function, init_ms = self._function, self._init_ms
        self._init_ms = None
        measures = Measures(duration_ms, function.memory_mib, self._runtime.peak_mib, init_ms)
        printed = self._output.take()
        logs = reports.log_text(request.request_id, function.version, printed, outcome, measures)
        return Reply(outcome, logs)
