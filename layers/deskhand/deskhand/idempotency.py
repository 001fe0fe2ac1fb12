"""Idempotency keys: which ones are taken, and what makes two requests the same."""

import hashlib
import re
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from deskhand.document import canonical
from deskhand.problem import Problem

_KEY = re.compile(r"[!-~]{1,255}")
HEADER = "Idempotency-Key"


def key_of(event: APIGatewayProxyEvent, *, required: bool) -> str | None:
    """The request's key without quotes, or None; raises a 400 Problem for one that is no key."""
    values = _values(event)
    if not values and not required:
        return None
    if len(values) != 1:
        raise Problem(HTTPStatus.BAD_REQUEST, f"send exactly one {HEADER} header")
    key = values[0].strip()
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not _KEY.fullmatch(key):
        raise Problem(
            HTTPStatus.BAD_REQUEST,
            f"{HEADER} must be 1 to 255 printable ASCII characters, no space",
        )
    return key


def fingerprint(method: str, route: str, document: Any) -> bytes:
    """Equal for equal requests: member order and spacing do not count, Unicode forms do."""
    return hashlib.sha256(f"{method} {route}\n".encode() + canonical(document)).digest()


def _values(event: APIGatewayProxyEvent) -> list[str]:
    """Every value of the header: API Gateway keeps repeated ones in the multi-value map only."""
    headers = event.get("multiValueHeaders") or {}
    return [v for name, values in headers.items() if name.lower() == HEADER.lower() for v in values]
