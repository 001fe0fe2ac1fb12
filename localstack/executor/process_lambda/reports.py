"""The texts of the Lambda service: its log lines, and the errors that it reports itself."""

import json
import math
import signal
from dataclasses import dataclass
from datetime import UTC, datetime

from process_lambda.runtime_api import RESPONSE_LIMIT


@dataclass(frozen=True)
class InvocationResult:
    """How an invocation ended, and its answer to the caller."""

    payload: bytes
    failed: bool
    status: str = ""
    note: str = ""


@dataclass(frozen=True)
class Measures:
    """The figures of the REPORT line."""

    duration_ms: float
    memory_mib: int
    peak_mib: int
    init_ms: float | None


def timeout_result(request_id: str, seconds: float) -> InvocationResult:
    """The function took longer than its timeout."""
    sentence = f"Task timed out after {seconds:.2f} seconds"
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    note = f"{now}Z {request_id} {sentence}\n\n"
    return _outcome("Sandbox.Timedout", f"RequestId: {request_id} Error: {sentence}", note)


def exit_result(request_id: str, status: int) -> InvocationResult:
    """The process ended before it answered."""
    return _outcome("Runtime.ExitError", f"RequestId: {request_id} Error: {_exit_reason(status)}")


def out_of_memory_result(request_id: str) -> InvocationResult:
    """The process needed more memory than the function has."""
    reason = _exit_reason(-signal.SIGKILL)
    return _outcome("Runtime.OutOfMemory", f"RequestId: {request_id} Error: {reason}")


def too_large_result() -> InvocationResult:
    """The response is larger than Lambda accepts."""
    message = (
        f"Response payload size exceeded maximum allowed payload size ({RESPONSE_LIMIT} bytes)."
    )
    return _outcome("Function.ResponseSizeTooLarge", message)


def init_timeout_result(seconds: float) -> InvocationResult:
    """The code outside the handler took longer than allowed."""
    return _outcome("Sandbox.Timedout", f"Init timed out after {seconds:.2f} seconds")


def init_failure_result(payload: bytes) -> InvocationResult:
    """The runtime reported why it could not load the handler."""
    try:
        error_type = json.loads(payload).get("errorType", "")
    except ValueError:
        error_type = ""
    return InvocationResult(payload, failed=True, status=f"error\tError Type: {error_type}")


def log_text(
    request_id: str, version: str, printed: str, outcome: InvocationResult, measures: Measures
) -> str:
    """All log lines of an invocation, in CloudWatch's format."""
    ended = "" if printed.endswith("\n") or not printed else "\n"
    start = f"START RequestId: {request_id} Version: {version}\n"
    end = f"END RequestId: {request_id}\n"
    status = f"Status: {outcome.status}" if outcome.status else ""
    return f"{start}{printed}{ended}{outcome.note}{end}{_report(request_id, measures)}{status}\n"


def _report(request_id: str, measures: Measures) -> str:
    parts = [
        f"REPORT RequestId: {request_id}",
        f"Duration: {measures.duration_ms:.2f} ms",
        f"Billed Duration: {math.ceil(measures.duration_ms + (measures.init_ms or 0))} ms",
        f"Memory Size: {measures.memory_mib} MB",
        f"Max Memory Used: {measures.peak_mib} MB",
    ]
    if measures.init_ms is not None:
        parts.append(f"Init Duration: {measures.init_ms:.2f} ms")
    return "\t".join(parts) + "\t"


def _outcome(error_type: str, message: str, note: str = "") -> InvocationResult:
    payload = json.dumps({"errorType": error_type, "errorMessage": message}).encode()
    status = "timeout" if note else f"error\tError Type: {error_type}"
    return InvocationResult(payload, failed=True, status=status, note=note or f"{message}\n")


def _exit_reason(status: int) -> str:
    if status == 0:
        return "Runtime exited without providing a reason"
    if status > 0:
        return f"Runtime exited with error: exit status {status}"
    name = signal.strsignal(-status) or str(-status)
    return f"Runtime exited with error: signal: {name.lower()}"
