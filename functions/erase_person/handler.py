"""Erases a person; for operators, not reachable over HTTP."""

import time
from typing import Any

from deskhand.erasure.erase import erase

# Less than the function's 300 seconds, with one slow part on top.
RUN_SECONDS = 200.0


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """What was erased of `{"person": "sam@example.com"}`; with `"dry_run": true` it is only
    counted. `done: false` asks for another call."""
    deadline = time.monotonic() + RUN_SECONDS
    return erase(
        event.get("person"),
        lambda: time.monotonic() < deadline,
        dry_run=event.get("dry_run") is True,
    )
