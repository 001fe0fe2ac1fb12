"""Requests to the tickets function as API Gateway hands them over, and its answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from functions.tickets.handler import handler
from tests.functions.conftest import event


@dataclass(frozen=True)
class Answer:
    """What the caller gets; `body` is None where there is none."""

    status: int
    body: Any
    headers: dict[str, str]


def ask(
    method: str,
    path: str,
    *,
    query: Mapping[str, str | list[str]] | None = None,
    headers: Mapping[str, str | list[str]] | None = None,
    body: object = None,
    raw: str | None = None,
) -> Answer:
    """The answer to a request; `body` is sent as JSON, `raw` as it is."""
    parameters = _several(query or {})
    sent = _several({"Content-Type": "application/json", **(headers or {})})
    reply = handler(
        event(
            "tickets",
            httpMethod=method,
            path=path,
            headers=_last(sent),
            multiValueHeaders=sent,
            queryStringParameters=_last(parameters) or None,
            multiValueQueryStringParameters=parameters or None,
            body=raw if body is None else json.dumps(body),
        ),
        None,
    )
    told = {name: values[0] for name, values in reply["multiValueHeaders"].items()}
    content = json.loads(reply["body"]) if reply["body"] else None
    assert told["X-Request-ID"]
    if reply["statusCode"] >= 400:
        assert (told["Content-Type"], content["status"]) == (
            "application/problem+json",
            reply["statusCode"],
        )
    return Answer(int(reply["statusCode"]), content, told)


def patch(ticket_id: object, body: object, if_match: str | None = None) -> Answer:
    """The answer to an edit."""
    headers = {} if if_match is None else {"If-Match": if_match}
    return ask("PATCH", f"/tickets/{ticket_id}", headers=headers, body=body)


def pointers(answer: Answer) -> list[str]:
    """The places that a problem names."""
    return [error["pointer"] for error in answer.body["errors"]]


def trail(ticket_id: object) -> list[dict[str, Any]]:
    """The events of a ticket."""
    events: list[dict[str, Any]] = ask("GET", f"/tickets/{ticket_id}/events").body["events"]
    return events


def edits_of(ticket_id: object) -> list[tuple[str, str, Any]]:
    """Kind, actor and data of each event that people made."""
    return [
        (each["kind"], each["actor"], each["data"])
        for each in trail(ticket_id)
        if each["actor"] == "anonymous" and each["kind"] != "ticket.created"
    ]


def _several(given: Mapping[str, str | list[str]]) -> dict[str, list[str]]:
    return {name: [value] if isinstance(value, str) else value for name, value in given.items()}


def _last(several: Mapping[str, list[str]]) -> dict[str, str]:
    return {name: values[-1] for name, values in several.items()}
