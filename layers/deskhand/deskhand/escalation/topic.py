"""Notices to the stack's SNS topic, to which people subscribe by mail, text message or function."""

from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from deskhand.escalation.notice import Notice, NotSent
from deskhand.settings.environment import Settings

if TYPE_CHECKING:
    from types_boto3_sns import SNSClient

# SNS takes printable ASCII of up to 99 characters as a subject.
_SUBJECT_CHARACTERS = 99
# The outbox does the retries.
_ONE_CHANCE = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 1})


@cache
def sns() -> "SNSClient":
    """The SNS client of this execution environment."""
    return boto3.client("sns", config=_ONE_CHANCE)


def send(notice: Notice, settings: Settings) -> None:
    """Publishes the notice as JSON, with attributes for filters; raises NotSent."""
    if not settings.topic_arn:
        raise NotSent("TOPIC_ARN is not set")
    subject = notice.subject.encode("ascii", "replace").decode()[:_SUBJECT_CHARACTERS]
    attributes = {"type": notice.kind, "level": str(notice.level), "notice_id": str(notice.id)}
    try:
        sns().publish(
            TopicArn=settings.topic_arn,
            Subject=subject,
            Message=notice.to_json(),
            MessageAttributes={
                name: {"DataType": "String", "StringValue": value}
                for name, value in attributes.items()
            },
        )
    except ClientError as error:
        raise NotSent(error.response["Error"]["Code"]) from None
    except BotoCoreError as error:
        raise NotSent(type(error).__name__) from None
