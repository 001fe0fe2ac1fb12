"""Every 5 minutes: compares stalled runs with their executions in Step Functions."""

from typing import Any

from deskhand.workflow.executions import step_functions
from deskhand.workflow.reconcile import STALLED_AFTER_SECONDS, reconcile

# Built at init, where Lambda gives more CPU than during a request.
step_functions()


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """How many runs were handled, by action; `{"stalled_after_seconds": 0}` takes all open runs."""
    return reconcile(float(event.get("stalled_after_seconds", STALLED_AFTER_SECONDS)))
