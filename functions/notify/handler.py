"""Every minute: sends the notices of warnings and breaches by topic, mail and webhook."""

from typing import Any

from deskhand.escalation.notify import notify
from deskhand.escalation.topic import sns

# Built at init, where Lambda gives more CPU than during a request.
sns()


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """How many notices were sent and refused; `{"due_now": true}` ignores the back-off once."""
    return notify(due_now=event.get("due_now") is True)
