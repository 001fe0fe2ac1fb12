"""Every minute: adds new events to the totals and pushes them to the pushgateway."""

from typing import Any

from deskhand.operations.metrics import publish


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """How many events were added, and whether the pushgateway accepted the totals."""
    return publish()
