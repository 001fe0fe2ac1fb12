"""Fetches the catalog from a URL, an object in S3 or a file, only when it has changed."""

import hashlib
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deskhand.catalog.yaml_text import MAX_BYTES
from deskhand.safety.outbound import AddressRefused, AnswerLimits, NoAnswer, ask

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

SECONDS = 15.0


class SourceAway(Exception):
    """The catalog could not be fetched; the message says why and quotes nothing of the answer."""


@dataclass(frozen=True, slots=True)
class FetchedCatalog:
    """The catalog's text with its entity tag; None: it has not changed."""

    etag: str | None
    data: bytes | None


def fetch(location: str, etag: str | None, *, private: bool) -> FetchedCatalog:
    """The catalog at `location`, unless it still has that `etag`; raises SourceAway."""
    scheme, _, rest = location.partition("://")
    if scheme in ("https", "http"):
        return _from_url(location, etag, private=private)
    if scheme == "s3":
        bucket, _, key = rest.partition("/")
        return _from_s3(bucket, key, etag)
    return _from_file(Path(location), etag)


def _from_url(url: str, etag: str | None, *, private: bool) -> FetchedCatalog:
    headers = {"Accept": "application/yaml, application/json, text/plain", "User-Agent": "deskhand"}
    limits = AnswerLimits(SECONDS, MAX_BYTES, private)
    try:
        seen = {"If-None-Match": etag} if etag else {}
        answer = ask("GET", url, headers | seen, None, limits)
    except (AddressRefused, NoAnswer) as error:
        raise SourceAway(str(error)) from None
    if answer.status == HTTPStatus.NOT_MODIFIED and etag:
        return FetchedCatalog(etag, None)
    if answer.status != HTTPStatus.OK:
        raise SourceAway(f"it answered {answer.status}")
    return FetchedCatalog(answer.headers.get("etag"), answer.body)


def _from_s3(bucket: str, key: str, etag: str | None) -> FetchedCatalog:
    # Imported here: only one of three kinds of location needs it.
    from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError

    try:
        seen: dict[str, Any] = {"IfNoneMatch": etag} if etag else {}
        found = s3().get_object(Bucket=bucket, Key=key, **seen)
        with closing(found["Body"]) as body:
            if found["ContentLength"] > MAX_BYTES:
                raise SourceAway(f"it is larger than {MAX_BYTES} bytes")
            return FetchedCatalog(found["ETag"], body.read())
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.NOT_MODIFIED:
            return FetchedCatalog(etag, None)
        raise SourceAway(error.response["Error"]["Code"]) from None
    except (BotoCoreError, HTTPClientError) as error:
        raise SourceAway(type(error).__name__) from None


def _from_file(path: Path, etag: str | None) -> FetchedCatalog:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise SourceAway(error.strerror or type(error).__name__) from None
    found = hashlib.sha256(data).hexdigest()
    return FetchedCatalog(found, None if found == etag else data)


@cache
def s3() -> "S3Client":
    """This environment's client."""
    import boto3
    from botocore.config import Config

    return boto3.client("s3", config=Config(connect_timeout=3, read_timeout=SECONDS))
