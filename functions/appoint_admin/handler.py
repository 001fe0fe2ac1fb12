"""Appoints the first administrator; for operators, not reachable over HTTP."""

from typing import Any

from deskhand.accounts.appointment import appoint


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Makes the account of `{"email": ...}` an administrator, or invites the address."""
    return appoint(event)
