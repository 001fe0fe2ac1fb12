"""Every minute: warns before due times, escalates breaches, applies a new catalog to due times."""

from typing import Any

from deskhand.escalation.escalate import escalate_due


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """How many tickets got a new due time, a warning, an escalation."""
    return escalate_due()
