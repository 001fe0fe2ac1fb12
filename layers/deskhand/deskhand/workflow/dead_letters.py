"""The dead-letter queue: letters are received, inspected, then deleted or released."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import batched
from typing import TYPE_CHECKING, Any
from uuid import UUID

from botocore.exceptions import BotoCoreError, ClientError
from pydantic import ValidationError

from deskhand.intake.queue import BATCH, MESSAGE_ID, sqs
from deskhand.logs import log
from deskhand.refusals import Unavailable
from deskhand.settings.environment import settings
from deskhand.store.outbox import AnyMessage, Message
from deskhand.workflow.dispatch import QueueMessage

if TYPE_CHECKING:
    from types_boto3_sqs.type_defs import (
        ChangeMessageVisibilityBatchRequestEntryTypeDef,
        DeleteMessageBatchRequestEntryTypeDef,
    )

AT_ONCE = 200
# Visibility timeout, longer than the function may run: no other call receives a letter in use.
_HELD_SECONDS = 60
# Long polling, so that SQS asks all of its servers; shorter than the client's timeout.
_WAIT_SECONDS = 1


@dataclass(frozen=True)
class DeadLetter:
    """A message that dispatch failed on five times, or buried because it is not valid.

    `message` is None when it is not valid. Copies of one message share the `id` that it had in the
    tickets queue.
    """

    id: str
    receipt: str
    sent_at: datetime
    message: AnyMessage | None


@dataclass
class Letters:
    """Received dead letters; those in `done` are deleted, the others are released."""

    letters: list[DeadLetter]
    waiting: int  # in the queue altogether, as SQS estimates it
    done: list[DeadLetter]


def count_distinct(letters: Iterable[DeadLetter]) -> int:
    """The number of distinct messages: copies count once."""
    return len({letter.id for letter in letters})


@contextmanager
def receive_letters() -> Iterator[Letters]:
    """Up to 200 dead letters, hidden from other receivers until the context ends.

    With VisibilityTimeout 0, SQS would return the same ten again and again. Raises Unavailable when
    the queue does not answer.
    """
    try:
        visible, hidden = _waiting()
        letters = _receive(visible)
    except (BotoCoreError, ClientError) as error:
        log.warning("dead letters out of reach", extra={"error": type(error).__name__})
        detail = "the dead-letter queue does not answer; please repeat the request"
        raise Unavailable(detail, retry_after=2) from None
    held = Letters(letters, max(visible, len(letters)) + hidden, [])
    try:
        yield held
    finally:
        _each_batch(_remove, held.done)
        _each_batch(_put_back, [letter for letter in letters if letter not in held.done])


def _waiting() -> tuple[int, int]:
    """SQS's estimates: letters that can be received, and letters that another receiver holds."""
    reply = sqs().get_queue_attributes(
        QueueUrl=_url(),
        AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
    )
    counts = reply["Attributes"]
    return (
        int(counts["ApproximateNumberOfMessages"]),
        int(counts["ApproximateNumberOfMessagesNotVisible"]),
    )


def _receive(expected: int) -> list[DeadLetter]:
    """Each letter once: SQS may deliver one twice, and then only its newest receipt is valid."""
    letters: dict[str, DeadLetter] = {}  # by the id that each has in this queue
    while len(letters) < min(expected, AT_ONCE):
        reply = sqs().receive_message(
            QueueUrl=_url(),
            MaxNumberOfMessages=BATCH,
            VisibilityTimeout=_HELD_SECONDS,
            WaitTimeSeconds=_WAIT_SECONDS,
            MessageSystemAttributeNames=["SentTimestamp"],
            MessageAttributeNames=[MESSAGE_ID],
        )
        known = len(letters)
        received = reply.get("Messages", [])
        letters |= {each["MessageId"]: _letter(each) for each in received}
        if len(letters) == known:
            break
    return list(letters.values())


def _letter(received: Any) -> DeadLetter:
    sent_at = datetime.fromtimestamp(int(received["Attributes"]["SentTimestamp"]) / 1000, UTC)
    return DeadLetter(_id(received), received["ReceiptHandle"], sent_at, _message(received["Body"]))


def _id(received: Any) -> str:
    """The id in the tickets queue: SQS keeps it when it moves a message, `queue.bury` stores it."""
    noted = received.get("MessageAttributes", {}).get(MESSAGE_ID, {}).get("StringValue", "")
    try:
        # The attribute may come from another sender; only a valid id is shown to people.
        return str(UUID(noted))
    except ValueError:
        return str(received["MessageId"])


def _message(body: str) -> AnyMessage | None:
    try:
        wanted = QueueMessage.model_validate_json(body)
    except ValidationError:
        return None
    return Message(wanted.ticket_id, wanted.run_id, wanted.attempt)


def _each_batch(
    act: Callable[[Sequence[DeadLetter]], object], letters: Sequence[DeadLetter]
) -> None:
    """Best effort: a letter that is not deleted is later recognised as settled, and one that is not
    released becomes visible again by itself."""
    for batch in batched(letters, BATCH, strict=False):
        try:
            act(batch)
        except (BotoCoreError, ClientError) as error:
            log.warning("dead letters left as they are", extra={"error": type(error).__name__})
            return


def _remove(batch: Sequence[DeadLetter]) -> None:
    entries: list[DeleteMessageBatchRequestEntryTypeDef] = [
        {"Id": str(n), "ReceiptHandle": each.receipt} for n, each in enumerate(batch)
    ]
    sqs().delete_message_batch(QueueUrl=_url(), Entries=entries)


def _put_back(batch: Sequence[DeadLetter]) -> None:
    entries: list[ChangeMessageVisibilityBatchRequestEntryTypeDef] = [
        {"Id": str(n), "ReceiptHandle": each.receipt, "VisibilityTimeout": 0}
        for n, each in enumerate(batch)
    ]
    sqs().change_message_visibility_batch(QueueUrl=_url(), Entries=entries)


def _url() -> str:
    return settings().need("dead_letter_queue_url")
