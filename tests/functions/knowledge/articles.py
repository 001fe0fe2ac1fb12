"""Requests to the knowledge function."""

import json
from typing import Any

from functions.knowledge.handler import handler
from tests.functions.conftest import event

VPN = {
    "title": "The VPN disconnects",
    "body": "Read this first.\n\n## Symptoms\n\nThe tunnel drops every few minutes.\n\n"
    "## Solution\n\nReset the connection profile and sign in again.\n",
}


def ask(method: str, path: str, body: object = None, **query: str) -> tuple[int, Any]:
    """Status and body of the answer."""
    sent = event("knowledge", httpMethod=method, path=path)
    sent["queryStringParameters"] = query or None
    sent["multiValueQueryStringParameters"] = {n: [v] for n, v in query.items()} or None
    if body is not None:
        sent["body"] = body if isinstance(body, str) else json.dumps(body)
        sent["headers"]["Content-Type"] = "application/json"
    answer = handler(sent, None)
    return answer["statusCode"], json.loads(answer["body"]) if answer.get("body") else None


def put(slug: str, article: object) -> tuple[int, Any]:
    return ask("PUT", f"/kb/articles/{slug}", article)


def search(q: str, **more: str) -> list[dict[str, Any]]:
    status, answer = ask("GET", "/kb/search", q=q, **more)
    assert status == 200, answer
    results: list[dict[str, Any]] = answer["results"]
    return results
