"""RecordFailure: the run ends as FAILED with the name of the error and its message."""

from typing import Any

from deskhand.workflow.record_failure import record


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Whether the run was ended now; False when it had ended or a newer attempt exists."""
    return {"recorded": record(event)}
