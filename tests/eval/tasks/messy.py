"""Texts that break things: nothing fails, whatever comes in."""

import json
import time
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from tests.eval.desk import EVENT, desk
from tests.eval.figures import Figure
from tests.eval.sets import Row, rows

_SLOW_SECONDS = 10.0


def measure() -> Iterator[Figure]:
    """Every answer is a triage, or a problem that names what is wrong with the request."""
    with desk() as one:
        one.load(["Hardware", "Network", "Billing", "Access"])
        outcomes = [_asked(row) for row in rows("messy")]
    statuses = [status for status, _ in outcomes]
    failed = sum(status >= HTTPStatus.INTERNAL_SERVER_ERROR for status in statuses)
    yield Figure("answers of 5xx", failed, 0, at_most=True)
    slow = sum(seconds > _SLOW_SECONDS for _, seconds in outcomes)
    yield Figure("slower than the function's time limit", slow, 0, at_most=True)
    yield Figure("slowest, seconds", max(seconds for _, seconds in outcomes))
    yield Figure("triaged", sum(status == HTTPStatus.OK for status in statuses))
    refused = sum(400 <= status < HTTPStatus.INTERNAL_SERVER_ERROR for status in statuses)
    yield Figure("refused with a reason", refused)


def _asked(row: Row) -> tuple[int, float]:
    """Status and seconds of a preview, with the text exactly as it is in the set."""
    from functions.preview.handler import handler

    ticket = {"subject": row["subject"] or "(no subject)", "body": row["body"] or ""}
    body = json.dumps({"tickets": [ticket]})
    event: dict[str, Any] = {**EVENT, "body": body}
    start = time.perf_counter()
    return int(handler(event, None)["statusCode"]), time.perf_counter() - start
