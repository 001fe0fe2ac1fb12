"""Every 5 minutes: compares open runs that do not move with Step Functions."""

from typing import Any

from deskhand.workflow.executions import step_functions
from deskhand.workflow.reconcile import STALLED_AFTER_SECONDS, reconcile

# Built at init, where Lambda lends more CPU than a request gets.
step_functions()


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """What was done with how many runs; `{"stalled_after_seconds": 0}` looks at every open run."""
    return reconcile(float(event.get("stalled_after_seconds", STALLED_AFTER_SECONDS)))
