"""An answer beside what the OpenAPI document promises."""

import json
import re
from collections.abc import Iterator
from functools import cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any

import jsonschema_rs

_DOCUMENT: dict[str, Any] = json.loads(
    files("deskhand.reference").joinpath("openapi.json").read_text()
)


def differences(method: str, path: str, reply: dict[str, Any]) -> Iterator[str]:
    """What in an answer the document does not say; nothing for a route that it does not have."""
    route = next((route for route, pattern in _routes() if pattern.fullmatch(path)), None)
    operation = _DOCUMENT["paths"].get(route, {}).get(method.lower())
    if operation is None:
        return
    status = int(reply["statusCode"])
    responses = operation["responses"]
    place = f"{method} {route} {status}"
    if (response := responses.get(str(status)) or responses.get(f"{status // 100}XX")) is None:
        yield f"{place} is not documented"
        return
    contents = _followed(response).get("content", {})
    [media] = reply["multiValueHeaders"].get("Content-Type", [""])
    kind = media.partition(";")[0]
    body = reply.get("body") or ""
    if status == HTTPStatus.NOT_MODIFIED or not contents:
        if body:
            yield f"{place} has a body"
    elif kind not in contents:
        yield f"{place} is {kind!r}, not one of {list(contents)}"
    elif schema := contents[kind].get("schema"):
        said = json.loads(body) if kind.endswith("json") else body
        for error in _validator(json.dumps(schema)).iter_errors(said):
            yield f"{place}: {'/'.join(map(str, error.instance_path))}: {error.message}"


@cache
def _routes() -> list[tuple[str, re.Pattern[str]]]:
    """The paths, those without a parameter first."""
    paths = sorted(_DOCUMENT["paths"], key=lambda path: path.count("{"))
    return [(path, re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))) for path in paths]


def _followed(response: dict[str, Any]) -> dict[str, Any]:
    if "$ref" not in response:
        return response
    found: dict[str, Any] = _DOCUMENT["components"]["responses"][response["$ref"].split("/")[-1]]
    return found


@cache
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    whole = {**json.loads(schema), "components": _DOCUMENT["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
