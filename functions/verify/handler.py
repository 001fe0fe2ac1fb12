"""Compares the tables with what Deskhand promises; for operators, not reachable over HTTP."""

from typing import Any

from deskhand.operations.verify import verify


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The broken invariants; `{"at_rest": true}` where nothing is under way any more."""
    return verify(at_rest=event.get("at_rest") is True)
