"""Requests to any function behind the API as API Gateway hands them over, and its answers."""

import importlib
import json
import re
from base64 import b64encode
from collections.abc import Mapping
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
    query: Mapping[str, str | list[str]] | None = None,
    headers: Mapping[str, str | list[str]] | None = None,
    bearer: str | None = None,
    authorization: list[str] | None = None,
    address: str = HOME,
) -> Answer:
    """The answer of the function behind the route; bytes are sent as they are.

    What has no route, and API Gateway would refuse, is put to the tickets function.
    """
    sent = _several({"Content-Type": "application/json", **(headers or {})})
    given = [f"Bearer {bearer}"] if bearer is not None else authorization
    sent |= {"Authorization": given} if given else {}
    return _answer(forward(method, path, _several(query or {}), sent, _text(body), address))


def forward(
    method: str,
    path: str,
    query: dict[str, list[str]],
    headers: dict[str, list[str]],
    body: str | bytes | None,
    address: str = HOME,
) -> Mapping[str, Any]:
    """The reply of the function behind the route, as it hands it to API Gateway.

    Bytes arrive as those of a media type that the gateway does not take for text.
    """
    encoded = isinstance(body, bytes)
    route = next((r for m, r in _routes() if m == method and _matches(r, path)), path)
    word, _ = _routes().get((method, route), ("tickets", ""))
    asked = event(
        word,
        httpMethod=method,
        path=path,
        resource=route,
        headers=_last({n: v for n, v in headers.items() if n != "Authorization"}),
        multiValueHeaders=headers,
        queryStringParameters=_last(query) or None,
        multiValueQueryStringParameters=query or None,
        body=b64encode(body).decode() if isinstance(body, bytes) else body,
        isBase64Encoded=encoded,
    )
    asked["requestContext"] = {**asked["requestContext"], "identity": {"sourceIp": address}}
    reply: Mapping[str, Any] = importlib.import_module(f"functions.{word}.handler").handler(
        asked, None
    )
    return reply


def _answer(reply: Mapping[str, Any]) -> Answer:
    """What the caller sees; an error has a problem document that names its request."""
    told = {name: values[0] for name, values in reply["multiValueHeaders"].items()}
    text = reply.get("body") or ""
    content = json.loads(text) if "json" in told.get("Content-Type", "") else text or None
    if reply["statusCode"] >= 400:
        assert told["X-Request-ID"]
        assert told["Content-Type"] == "application/problem+json"
        assert content["status"] == reply["statusCode"]
    return Answer(int(reply["statusCode"]), content, told, text)


def _text(body: object) -> str | None:
    if body is None:
        return None
    return body.decode() if isinstance(body, bytes) else json.dumps(body)


def _several(given: Mapping[str, str | list[str]]) -> dict[str, list[str]]:
    return {name: [value] if isinstance(value, str) else value for name, value in given.items()}


def _last(several: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: values[-1] for name, values in several.items()}


@cache
def _routes() -> dict[Route, tuple[str, str]]:
    return handled()


def _matches(route: str, path: str) -> bool:
    return bool(re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(route)), path))
