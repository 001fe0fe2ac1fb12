"""Sending messages to the tickets queue, and to the one of its dead letters."""

from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from deskhand.settings.environment import settings
from deskhand.store.outbox import Message

if TYPE_CHECKING:
    from types_boto3_sqs import SQSClient
    from types_boto3_sqs.type_defs import SendMessageBatchRequestEntryTypeDef

BATCH = 10
# The attribute of a buried message that holds its id in the tickets queue.
MESSAGE_ID = "message_id"


@cache
def sqs(read_seconds: int = 2) -> "SQSClient":
    """This environment's client; it tries once and waits that long for an answer.

    The outbox is the retry: a send gets one short chance and the caller is never kept waiting.
    """
    config = Config(connect_timeout=1, read_timeout=read_seconds, retries={"total_max_attempts": 1})
    return boto3.client("sqs", config=config)


def send(message: Message) -> None:
    """Puts one message on the queue; any botocore error means that it may not be there."""
    sqs().send_message(QueueUrl=settings().need("queue_url"), MessageBody=message.to_json())


def bury(message_id: str, body: str) -> None:
    """Puts a copy of a message where SQS puts those that were refused five times.

    The copy names the message that it was made of; any botocore error means that it may not be
    there.
    """
    sqs().send_message(
        QueueUrl=settings().need("dead_letter_queue_url"),
        MessageBody=body,
        MessageAttributes={MESSAGE_ID: {"DataType": "String", "StringValue": message_id}},
    )


def send_all(messages: Sequence[Message]) -> list[Message]:
    """The messages, at most 10, that the queue took."""
    entries: list[SendMessageBatchRequestEntryTypeDef] = [
        {"Id": str(number), "MessageBody": message.to_json()}
        for number, message in enumerate(messages)
    ]
    reply = sqs().send_message_batch(QueueUrl=settings().need("queue_url"), Entries=entries)
    return [messages[int(taken["Id"])] for taken in reply.get("Successful", [])]
