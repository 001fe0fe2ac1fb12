"""Every minute: warns before due times, escalates breaches, reckons by a new catalog."""

from typing import Any

from deskhand.escalation.escalate import run


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """How many tickets were reckoned anew, how many were warned of and escalated."""
    return run()
