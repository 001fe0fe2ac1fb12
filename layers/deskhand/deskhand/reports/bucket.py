"""The bucket that keeps the files of reports."""

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from deskhand.errors import BucketUnavailable
from deskhand.settings.environment import settings

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# A link is followed at once, by whoever asked for it.
LINK_SECONDS = 60
_GONE = ("NoSuchKey", "404")
_CONNECT, _READ, _TRIES = 2, 5, 2
# How long the bucket may keep silent before it counts as unavailable.
LONGEST_SECONDS = _TRIES * (_CONNECT + _READ)
_CONFIG = Config(
    signature_version="s3v4",
    connect_timeout=_CONNECT,
    read_timeout=_READ,
    retries={"total_max_attempts": _TRIES},
)


class FileGone(Exception):
    """The report's file is no longer in the bucket."""

    def __init__(self) -> None:
        super().__init__("its file is no longer in the bucket")


class FileChanged(Exception):
    """The file in the bucket is not the one that was stored."""

    def __init__(self) -> None:
        super().__init__("its file in the bucket has changed")


@cache
def s3() -> "S3Client":
    """The S3 client of this execution environment."""
    return boto3.client("s3", config=_CONFIG)


def put(path: Path, key: str, media_type: str = MEDIA_TYPE) -> None:
    """Stores the file, encrypted; raises BucketUnavailable."""
    try:
        with path.open("rb") as file:
            s3().put_object(
                Bucket=settings().need("reports_bucket"),
                Key=key,
                Body=file,
                ContentType=media_type,
                ServerSideEncryption="AES256",
            )
    except (BotoCoreError, ClientError) as error:
        raise BucketUnavailable(_named(error)) from None


def get(key: str) -> bytes:
    """The file; raises FileGone or BucketUnavailable."""
    try:
        reply = s3().get_object(Bucket=settings().need("reports_bucket"), Key=key)
        return reply["Body"].read()
    except (BotoCoreError, ClientError) as error:
        if isinstance(error, ClientError) and error.response["Error"]["Code"] in _GONE:
            raise FileGone from None
        raise BucketUnavailable(_named(error)) from None


def delete(key: str) -> None:
    """Deletes the file if there is one; raises BucketUnavailable."""
    try:
        s3().delete_object(Bucket=settings().need("reports_bucket"), Key=key)
    except (BotoCoreError, ClientError) as error:
        raise BucketUnavailable(_named(error)) from None


def link(key: str) -> str:
    """A URL from which anybody may load the file within a minute."""
    name = key.rpartition("/")[2]
    return s3().generate_presigned_url(
        "get_object",
        Params={
            "Bucket": settings().need("reports_bucket"),
            "Key": key,
            "ResponseContentDisposition": f'attachment; filename="{name}"',
        },
        ExpiresIn=LINK_SECONDS,
    )


def _named(error: BotoCoreError | ClientError) -> str:
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else None
    return f"the bucket did not answer ({code or type(error).__name__})"
