"""RecordFailure: ends the run as FAILED with the name and the message of the error."""

from typing import Any

from deskhand.workflow.record_failure import record


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Whether this call ended the run; False when it had ended or a newer attempt exists."""
    return {"recorded": record(event)}
