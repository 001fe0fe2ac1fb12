"""Exports of old tickets, and the functions that audit them as their callers call them."""

import base64
import gzip
import json
from typing import Any

from tests.functions.conftest import event
from tests.functions.learning.old_tickets import history

PATH = "/attribution/audits"


class Context:
    """As much of Lambda's context as is used."""

    def get_remaining_time_in_millis(self) -> int:
        """Five minutes."""
        return 300_000


def jira(rows: list[dict[str, Any]], created: str = "11/May/24 03:26 PM") -> bytes:
    """An export of Jira."""
    lines = ["Issue key,Issue id,Summary,Description,Component/s,Request type,Created,Comment"]
    for number, row in enumerate(rows):
        cells = (row["external_id"], number, row["subject"], row["body"], row["category"])
        lines.append(",".join(f'"{c}"' for c in (*cells, row["request_type"], created, "a;b;c")))
    return "\r\n".join(lines).encode("utf-8-sig")


def routed(count: int, wrong: int = 0) -> list[dict[str, Any]]:
    """Old tickets, of which the first ones are in the wrong place."""
    rows: list[dict[str, Any]] = [dict(row) for row in history(count)]
    for row in rows[: 2 * wrong : 2]:
        row |= {"category": "Workplace", "request_type": "Monitor"}
    return rows


def ask(
    method: str, path: str = PATH, sent: bytes | None = None, kind: str = "text/csv", **query: str
) -> tuple[int, Any]:
    """Status and body of the answer; the body is sent as API Gateway sends what is no text."""
    from functions.audits.handler import handler

    asked = event(
        "audits",
        httpMethod=method,
        path=path,
        headers={"Content-Type": kind},
        queryStringParameters=query or None,
        body=base64.b64encode(sent).decode() if sent is not None else None,
        isBase64Encoded=sent is not None,
    )
    reply = handler(asked, None)
    return int(reply["statusCode"]), json.loads(reply["body"]) if reply.get("body") else None


def start(sent: bytes, **query: str) -> str:
    """The id of a new audit."""
    status, audit = ask("POST", sent=gzip.compress(sent), kind="application/gzip", **query)
    assert status == 202, audit
    return str(audit["id"])


def work() -> dict[str, Any]:
    """What the worker did."""
    from functions.audit.handler import handler

    return handler({}, Context())
