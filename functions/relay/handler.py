"""Every minute: sends the messages that ingest or reconcile could not send."""

from typing import Any

from deskhand.intake.queue import sqs
from deskhand.intake.relay import relay

# Built at init, where Lambda gives more CPU than during a request.
sqs()


def handler(event: dict[str, Any], context: Any) -> dict[str, int]:
    """How many messages were sent; `{"due_now": true}` ignores the back-off once."""
    return relay(due_now=event.get("due_now") is True)
