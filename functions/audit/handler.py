"""Every minute: does the oldest audit that waits, and deletes audits that are a month old."""

from typing import Any

from deskhand.audits.run import run_audits


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The audit that was done, and how many old ones were deleted."""
    return run_audits(lambda: context.get_remaining_time_in_millis() / 1000)
