"""Every minute: sends the mails with reports that wait, or that a person has asked for."""

from typing import Any

from deskhand.reports.bucket import s3
from deskhand.reports.send import send_due
from deskhand.store.connection import connection

# Built at init, where Lambda gives more CPU than during a request.
s3()


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """How many mails were sent; `{"due_now": true}` ignores the wait once."""
    with connection() as conn:
        return {"sent": send_due(conn, due_now=event.get("due_now") is True)}
