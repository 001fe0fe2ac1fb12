"""Idempotency keys: which ones are taken, what makes two requests the same, what a repeat gets."""

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
from deskhand.store import keys
from deskhand.store.connection import Connection
from deskhand.store.keys import FINGERPRINT_VERSION, Key, KeyInFlight

_KEY = re.compile(r"[!-~]{1,255}")
HEADER = "Idempotency-Key"
REPLAYED = {"Idempotency-Replayed": "true"}


@dataclass(frozen=True)
class Answer:
    """What a request is answered with, and what every repeat of its key is answered with."""

    status: HTTPStatus
    body: str
    ticket_id: UUID | None = None
    replayed: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """What tells a stored answer from a first one."""
        return REPLAYED if self.replayed else {}


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
    """Equal for equal requests: member order, spacing and how a number is written do not count,
    Unicode forms do.

    Whoever changes what it is made of counts FINGERPRINT_VERSION up.
    """
    content = canonical(fold_numbers(document))
    return hashlib.sha256(f"{method} {route}\n".encode() + content).digest()


def key_for(
    event: APIGatewayProxyEvent, caller: Caller, header: str | None, document: Any
) -> Key | None:
    """The key that the header gives the request, or None."""
    if header is None:
        return None
    request = fingerprint(event.http_method, event.resource, document)
    return Key(caller.id, event.resource, header, request, settings().idempotency_hours)


def content_key(event: APIGatewayProxyEvent, caller: Caller, content: Any) -> Key | None:
    """A key that stands for the content itself; has a space, so that no header can send it."""
    hours = settings().content_dedupe_hours
    if not hours:
        return None
    request = fingerprint(event.http_method, event.resource, content)
    return Key(caller.id, event.resource, f"content {request.hex()}", request, hours)


def once[Effect](
    conn: Connection, key: Key | None, action: Callable[[], tuple[Answer, Effect]]
) -> tuple[Answer, Effect | None]:
    """What the action answers, and what is to follow the commit: nothing when it is a repeat.

    The action runs once for each key, in one transaction with the key. Raises a 409 Problem while
    the first is in flight and a 422 one for another request; what the action raises leaves nothing.
    """
    with conn.transaction():
        if key is None:
            return action()
        with problem_in_flight():
            claimed = keys.claim(conn, key)
        if not claimed:
            return first_answer(conn, key), None
        answer, effect = action()
        keys.settle(conn, key, answer.status, answer.body, answer.ticket_id)
        return answer, effect


def first_answer(conn: Connection, key: Key) -> Answer:
    """The answer that a taken key was given before; raises a 422 Problem for another request."""
    first = keys.earlier(conn, key.caller, key.route, key.key)
    if first is None:
        # Expired between the two statements: the next try takes the key over.
        raise _in_flight()
    comparable = first.fingerprint_version == FINGERPRINT_VERSION
    if comparable and first.fingerprint != key.fingerprint:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"this {HEADER} was used for another request"
        )
    return Answer(HTTPStatus(first.status), first.answer, first.ticket_id, replayed=True)


@contextmanager
def problem_in_flight() -> Iterator[None]:
    """Turns a wait for a key that took too long into a 409 Problem."""
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
