"""What the comparison with the OpenAPI document notices, so that it is known to be able to fail."""

import json
from typing import Any

import pytest

from tests.functions.api.documented import differences


def reply(status: int, body: object, kind: str = "application/json") -> dict[str, Any]:
    """An answer as API Gateway gets it."""
    headers = {"Content-Type": [kind]}
    return {"statusCode": status, "multiValueHeaders": headers, "body": json.dumps(body)}


def noticed(status: int, body: object, kind: str = "application/json") -> list[str]:
    return list(differences("GET", "/kb/articles", reply(status, body, kind)))


@pytest.mark.parametrize(
    ("status", "body", "kind", "said"),
    [
        (418, {}, "application/json", "418 is not documented"),
        (200, {"articles": []}, "application/json", "next_cursor"),
        (200, {"articles": [], "next_cursor": 1}, "application/json", "next_cursor"),
        (200, {"articles": [], "next_cursor": None, "more": 1}, "application/json", "more"),
        (200, {"articles": [], "next_cursor": None}, "text/html", "'text/html'"),
        (400, {"articles": []}, "application/problem+json", "GET /kb/articles 400"),
    ],
)
def test_what_is_not_documented(status: int, body: object, kind: str, said: str) -> None:
    """F-A15"""
    assert said in "".join(noticed(status, body, kind))


def test_what_is_documented() -> None:
    assert noticed(200, {"articles": [], "next_cursor": None}) == []
