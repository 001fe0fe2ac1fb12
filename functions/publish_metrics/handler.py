"""Every minute: folds new events into the totals and pushes them to the pushgateway."""

from typing import Any

from deskhand.operations.metrics import publish


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """How many events were folded, and whether the pushgateway took the totals."""
    return publish()
