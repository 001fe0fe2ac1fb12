"""Sends messages to the tickets queue and to its dead-letter queue."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config

from deskhand.settings.environment import settings
from deskhand.store.outbox import AnyMessage

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

BATCH = 10
# Message attribute of a dead letter: its id in the tickets queue.
MESSAGE_ID = "message_id"
# Message attribute: the X-Request-ID of the request that began the run.
REQUEST_ID = "request_id"
# System attribute in which SQS takes a trace along.
TRACE = "AWSTraceHeader"


@cache
def sqs(read_seconds: int = 2) -> "SQSClient":
    """The SQS client of this execution environment; one attempt, with a read timeout in seconds.

    The outbox does the retries, so a send makes one short attempt and never delays the caller.
    """
    config = Config(connect_timeout=1, read_timeout=read_seconds, retries={"total_max_attempts": 1})
    return boto3.client("sqs", config=config)


def send(message: AnyMessage) -> None:
    """Puts one message on the queue; after any botocore error it may or may not be there."""
    sqs().send_message(
        QueueUrl=settings().need("queue_url"), MessageBody=message.to_json(), **_beside(message)
    )


def bury(message_id: str, body: str) -> None:
    """Puts a copy of a message into the dead-letter queue.

    The copy names the id of the original; after any botocore error it may or may not be there.
    """
    sqs().send_message(
        QueueUrl=settings().need("dead_letter_queue_url"),
        MessageBody=body,
        MessageAttributes={MESSAGE_ID: {"DataType": "String", "StringValue": message_id}},
    )


def send_all(messages: Sequence[AnyMessage]) -> list[AnyMessage]:
    """Sends at most 10 messages; returns those that the queue accepted."""
    entries = [
        {"Id": str(number), "MessageBody": message.to_json(), **_beside(message)}
        for number, message in enumerate(messages)
    ]
    reply = sqs().send_message_batch(
        QueueUrl=settings().need("queue_url"),
        Entries=cast("list[SendMessageBatchRequestEntryTypeDef]", entries),
    )
    return [messages[int(taken["Id"])] for taken in reply.get("Successful", [])]


def _beside(message: AnyMessage) -> dict[str, Any]:
    """The ids that travel beside the body of a message, as parameters of a send."""
    beside: dict[str, Any] = {}
    if message.request_id:
        value = {"DataType": "String", "StringValue": message.request_id}
        beside["MessageAttributes"] = {REQUEST_ID: value}
    if message.trace:
        value = {"DataType": "String", "StringValue": message.trace}
        beside["MessageSystemAttributes"] = {TRACE: value}
    return beside
