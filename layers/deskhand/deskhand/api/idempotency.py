"""Idempotency keys: which keys are valid, when two requests are equal, how a repeat is answered."""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from uuid import UUID

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from deskhand.api.caller import Caller
from deskhand.api.json_document import canonical, fold_numbers
from deskhand.api.problem import Problem
from deskhand.settings.environment import settings
from deskhand.store import idempotency_keys
from deskhand.store.connection import Connection
from deskhand.store.idempotency_keys import FINGERPRINT_VERSION, Key, KeyInFlight

_KEY = re.compile(r"[!-~]{1,255}")
HEADER = "Idempotency-Key"
REPLAYED = {"Idempotency-Replayed": "true"}


@dataclass(frozen=True)
class StoredAnswer:
    """The stored answer to a request: every repeat with the same key receives it."""

    status: HTTPStatus
    body: str
    ticket_id: UUID | None = None
    replayed: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """The header that marks a replayed answer; empty for a first answer."""
        return REPLAYED if self.replayed else {}


def key_of(event: APIGatewayProxyEvent, *, required: bool) -> str | None:
    """The request's key without quotes, or None; raises a 400 Problem for a malformed one."""
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
    """A hash that is equal for equal requests. Member order, white space and the notation of
    numbers are ignored; Unicode normal forms are not.

    A change of what is hashed must increase FINGERPRINT_VERSION.
    """
    content = canonical(fold_numbers(document))
    return hashlib.sha256(f"{method} {route}\n".encode() + content).digest()


def key_for(
    event: APIGatewayProxyEvent, caller: Caller, header: str | None, document: Any
) -> Key | None:
    """The key of the request, made from its header; None without a header."""
    if header is None:
        return None
    request = fingerprint(event.http_method, event.resource, document)
    return Key(caller.id, event.resource, header, request, settings().idempotency_hours)


def content_key(event: APIGatewayProxyEvent, caller: Caller, content: Any) -> Key | None:
    """A key made from the content itself. It contains a space, so no header can send it."""
    hours = settings().content_dedupe_hours
    if not hours:
        return None
    request = fingerprint(event.http_method, event.resource, content)
    return Key(caller.id, event.resource, f"content {request.hex()}", request, hours)


def once[Effect](
    conn: Connection, key: Key | None, action: Callable[[], tuple[StoredAnswer, Effect]]
) -> tuple[StoredAnswer, Effect | None]:
    """The action's answer and the effect to run after the commit; None for a repeat.

    The action runs once for each key, in the transaction that stores the key. Raises a 409 Problem
    while the first request is in flight, and a 422 Problem when the key belongs to a different
    request. When the action raises, everything is rolled back.
    """
    with conn.transaction():
        if key is None:
            return action()
        with problem_in_flight():
            claimed = idempotency_keys.claim(conn, key)
        if not claimed:
            return first_answer(conn, key), None
        answer, effect = action()
        idempotency_keys.store_answer(conn, key, answer.status, answer.body, answer.ticket_id)
        return answer, effect


def first_answer(conn: Connection, key: Key) -> StoredAnswer:
    """The stored answer of a used key; raises a 422 Problem when the request is a different one."""
    first = idempotency_keys.earlier_request(conn, key.caller, key.route, key.key)
    if first is None:
        # The key expired between the two statements: the next try can claim it.
        raise _in_flight()
    comparable = first.fingerprint_version == FINGERPRINT_VERSION
    if comparable and first.fingerprint != key.fingerprint:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"this {HEADER} was used for another request"
        )
    return StoredAnswer(HTTPStatus(first.status), first.answer, first.ticket_id, replayed=True)


@contextmanager
def problem_in_flight() -> Iterator[None]:
    """Turns a timeout while waiting for a key into a 409 Problem."""
    try:
        yield
    except KeyInFlight:
        raise _in_flight() from None


def _in_flight() -> Problem:
    return Problem(
        HTTPStatus.CONFLICT,
        "the first request with this key or content is still in flight",
        headers={"Retry-After": "1"},
    )


def _values(event: APIGatewayProxyEvent) -> list[str]:
    """Every value of the header: API Gateway keeps repeated ones in the multi-value map only."""
    headers = event.get("multiValueHeaders") or {}
    return [v for name, values in headers.items() if name.lower() == HEADER.lower() for v in values]
