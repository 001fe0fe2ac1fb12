"""Raw requests that no client library would send: refused one by one, and the service lives on."""

import json
import re
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.bad_input import bodies, requests
from tests.e2e.bad_input.bodies import GOOD, post
from tests.e2e.bad_input.wire import Case, Got, exchange
from tests.e2e.conftest import Stack

CATEGORIES: list[Callable[[], Iterator[Case]]] = [
    *(bodies.not_text, bodies.not_json, bodies.not_values, bodies.not_tickets, bodies.sizes),
    *(bodies.actions, requests.keys, requests.ids, requests.queries, requests.media_types),
    *(requests.headers, requests.request_ids, requests.methods, requests.paths, requests.framing),
]
HOSTILE = [
    "'; DROP TABLE tickets; --",
    "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "a\r\nSet-Cookie: b=c\r\n\r\nHTTP/1.1 200 OK",
    "${jndi:ldap://evil} {{7*7}} #{1} %s%n $(id) `id` %(x)s {0}",
    "\u202eright to left\u202c \u200b\ufeffzero width \uffff",
    "\x1b[31mred\x07\x08\x7f\x85\u2028\u2029",
    "\N{FAMILY}\u200d\N{WOMAN}e\u0301\u00e9" * 20,
    "=cmd|' /C calc'!A0",
    "\"\\\\'/*{}[]",
]
REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
MEMBERS = {"type", "title", "status", "detail", "instance", "request_id", "errors"}


@pytest.mark.parametrize("category", CATEGORIES, ids=lambda each: each.__name__)
def test_bad_input_is_refused_and_changes_nothing(
    stack: Stack, category: Callable[[], Iterator[Case]]
) -> None:
    """F-A14 F-A16"""
    url, wrong, accepted, before = stack.target["base_url"], [], 0, tickets(stack)
    for each in category():
        got = exchange(url, each.sent, seconds=20 if each.ours else 2)
        accepted += got.status == 202
        if why := fault(each, got):
            wrong.append(f"{each.name}: {why}: {got.body[:300]!r}")
    assert not wrong, "\n".join(wrong)
    assert tickets(stack) - before <= accepted
    assert exchange(url, post(json.dumps(GOOD).encode())).status == 202
    assert stack.api.get("/health").status_code == 200


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_is_only_text(stack: Stack, text: str) -> None:
    """F-A14: stored and given back as it came."""
    ticket = {"subject": text[:500], "body": text, "customer_id": "c-1", "tags": [text[:100]]}
    accepted = stack.api.post("/tickets", json=ticket)
    assert accepted.status_code == 202
    assert "set-cookie" not in accepted.headers
    stored = stack.api.get(f"/tickets/{accepted.json()['ticket_id']}").json()
    assert {name: stored[name] for name in ticket} == ticket
    found = stack.api.get("/tickets", params={"tag": text[:100], "limit": 1}).json()["tickets"]
    assert [each["id"] for each in found] == [stored["id"]]


def test_the_table_is_long_and_names_each_case_once() -> None:
    names = [(category.__name__, each.name) for category in CATEGORIES for each in category()]
    assert len(names) == len(set(names)) >= 250


def tickets(stack: Stack) -> int:
    """How many there are."""
    return int(stack.sql("SELECT count(*) AS n FROM tickets")[0]["n"])


def fault(each: Case, got: Got) -> str | None:
    """What is wrong with the answer, if anything is."""
    if got.status not in each.statuses:
        return f"{got.status}, not {' or '.join(map(str, sorted(each.statuses)))}"
    if not each.ours:
        return None
    if not REQUEST_ID.fullmatch(got.headers.get("x-request-id", "")):
        return f"X-Request-ID {got.headers.get('x-request-id')!r}"
    if "set-cookie" in got.headers:
        return "a header was injected"
    return _not_a_problem(each, got) if got.status >= 400 else None


def _not_a_problem(each: Case, got: Got) -> str | None:
    if got.headers["content-type"] != "application/problem+json":
        return got.headers["content-type"]
    if each.sent.method == "HEAD":
        return None
    problem = json.loads(got.body)
    if problem.keys() != MEMBERS or problem["status"] != got.status:
        return "no problem document"
    if problem["request_id"] != got.headers["x-request-id"]:
        return "two request ids"
    return None
