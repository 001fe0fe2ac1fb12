"""Checks the invariants of the database; for operators, not reachable over HTTP."""

from typing import Any

from deskhand.operations.verify import verify


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The broken invariants; `{"at_rest": true}` adds those that hold only when no work is in
    progress.
    """
    return verify(at_rest=event.get("at_rest") is True)
