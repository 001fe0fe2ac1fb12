"""Makes the first administrator; for operators, not reachable over HTTP."""

from typing import Any

from deskhand.accounts.appointment import appoint


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """`{"email": ...}` becomes an administrator at once, or gets an invitation to be one."""
    return appoint(event)
