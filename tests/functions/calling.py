"""Requests to any function behind the API as API Gateway hands them over, and its answers."""

import importlib
import json
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from tests.contract.routes import Route, handled
from tests.functions.conftest import event

HOME = "198.51.100.7"


@dataclass(frozen=True)
class Answer:
    """What the caller gets; `body` is None where there is none."""

    status: int
    body: Any
    headers: dict[str, str]
    text: str = ""


def call(
    method: str,
    path: str,
    body: object = None,
    *,
    bearer: str | None = None,
    authorization: list[str] | None = None,
    address: str = HOME,
    headers: dict[str, str] | None = None,
) -> Answer:
    """The answer of whatever function has the route."""
    route = next(r for m, r in _routes() if m == method and _matches(r, path))
    sent = {"Content-Type": "application/json", **(headers or {})}
    several = {name: [value] for name, value in sent.items()}
    if bearer is not None:
        authorization = [f"Bearer {bearer}"]
    if authorization:
        several["Authorization"] = authorization
    word = _routes()[method, route][0]
    asked = event(
        word,
        httpMethod=method,
        path=path,
        resource=route,
        headers={name: values[-1] for name, values in several.items()},
        multiValueHeaders=several,
        queryStringParameters=None,
        multiValueQueryStringParameters=None,
        body=_text(body),
    )
    asked["requestContext"] = {**asked["requestContext"], "identity": {"sourceIp": address}}
    reply = importlib.import_module(f"functions.{word}.handler").handler(asked, None)
    told = {name: values[0] for name, values in reply["multiValueHeaders"].items()}
    text = reply.get("body") or ""
    content = json.loads(text) if "json" in told.get("Content-Type", "") else text or None
    return Answer(int(reply["statusCode"]), content, told, text)


def _text(body: object) -> str | None:
    """Bytes as they are, anything else as JSON."""
    if body is None:
        return None
    return body.decode() if isinstance(body, bytes) else json.dumps(body)


@cache
def _routes() -> dict[Route, tuple[str, str]]:
    return handled()


def _matches(route: str, path: str) -> bool:
    return bool(re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(route)), path))
