"""By the schedule: starts a run of attribution, unless one is open."""

from typing import Any

from deskhand.attribution.runs import tick
from deskhand.intake.queue import sqs
from deskhand.uuid7 import uuid7

# Built at init, where Lambda gives more CPU than during a request.
sqs()


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The started run, or the open one."""
    return tick(str(uuid7()))
