"""How many messages are in the queues, as SQS estimates it."""

from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from deskhand.intake.queue import sqs
from deskhand.logs import log
from deskhand.settings.environment import settings

if TYPE_CHECKING:
    from types_boto3_sqs.literals import QueueAttributeNameType

_STATES: dict[str, "QueueAttributeNameType"] = {
    "visible": "ApproximateNumberOfMessages",
    "in_flight": "ApproximateNumberOfMessagesNotVisible",
    "delayed": "ApproximateNumberOfMessagesDelayed",
}
_QUEUES = {"tickets": "queue_url", "dead_letters": "dead_letter_queue_url"}


def messages() -> dict[str, dict[str, int]]:
    """Messages by queue and state, of the queues that answer."""
    found = {}
    for queue, setting in _QUEUES.items():
        try:
            found[queue] = _states(settings().need(setting))
        except (BotoCoreError, ClientError) as error:
            log.warning("queue away", extra={"queue": queue, "error": type(error).__name__})
    return found


def _states(url: str) -> dict[str, int]:
    reply = sqs().get_queue_attributes(QueueUrl=url, AttributeNames=list(_STATES.values()))
    return {state: int(reply["Attributes"][name]) for state, name in _STATES.items()}
