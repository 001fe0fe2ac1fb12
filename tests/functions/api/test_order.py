"""Requests with two faults each: which of them is named, and what they cost the caller."""

from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deskhand.api.access import ROUTES
from deskhand.settings.environment import settings
from deskhand.store.connection import Connection
from embedded import ports, tokens
from tests import arrange
from tests.functions.gateway import Answer, call
from tests.functions.intake.posting import move
from tests.functions.workflow.recovering import failed

pytestmark = pytest.mark.usefixtures("keys", "dead")

UNKNOWN = UUID("00000000-0000-7000-8000-000000000000")
TICKET = {"subject": "VPN", "body": "", "customer_id": "c-1"}
# A valid request of each route that takes from the pace only then.
VALID: dict[tuple[str, str], Any] = {
    ("POST", "/tickets"): TICKET,
    ("POST", "/incidents"): {"description": "VPN"},
    ("POST", "/tickets/{ticket_id}/reprocess"): {},
    ("POST", "/tickets/{ticket_id}/corrections"): {
        "category": "Network",
        "request_type": "VPN access",
    },
    ("POST", "/tickets/{ticket_id}/messages"): {"kind": "note", "body": "It fails."},
    ("POST", "/tickets/bulk"): {"ids": [str(UNKNOWN)], "change": {"tags": []}},
    ("POST", "/admin/failures/replay"): {"all": True},
    ("POST", "/admin/fallbacks/reprocess"): {},
    ("POST", "/attribution/runs"): {},
    ("POST", "/attribution/audits"): [
        {"id": "1", "subject": "VPN", "category": "Network", "request_type": "VPN access"}
    ],
}
BIG = {**TICKET, "body": "x" * 200_000}
WRONG = {**TICKET, "customer_id": 7}
TEXT = {"Content-Type": "text/plain"}
NO_KEY = {"Idempotency-Key": "two words"}
TAKEN = {"Idempotency-Key": "taken"}


@pytest.fixture
def post(conn: Connection, keys: Path) -> Callable[..., Answer]:
    """Posts to a route as an administrator; a ticket of it has failed."""
    ticket = failed(conn).ticket_id
    bearer = tokens.token(keys, "eager", "admin")

    def post(path: str, body: object = None, **headers: str) -> Answer:
        path = path.replace("{ticket_id}", str(ticket))
        return call("POST", path, body, bearer=bearer, headers=headers)

    return post


@pytest.fixture
def used_up(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """A function after which the caller's pace is used up."""

    def use_up() -> None:
        pace(monkeypatch, 1)
        conn.execute(
            "INSERT INTO request_paces VALUES ('user:eager', now() + interval '1 hour')"
            " ON CONFLICT (caller) DO UPDATE SET due = excluded.due"
        )

    return use_up


def pace(monkeypatch: pytest.MonkeyPatch, a_minute: int) -> None:
    monkeypatch.setenv("REQUESTS_PER_MINUTE", str(a_minute))
    settings.cache_clear()


def test_these_are_the_routes_that_look_first() -> None:
    assert set(VALID) == {route for route, access in ROUTES.items() if access.paced == "valid"}


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize("route", VALID)
def test_each_takes_from_the_pace(
    conn: Connection,
    post: Callable[..., Answer],
    used_up: Callable[[], None],
    route: tuple[str, str],
) -> None:
    """F-K4"""
    used_up()
    before = {name: arrange.count(conn, name) for name in arrange.TABLES}
    assert post(route[1], VALID[route], **{"Idempotency-Key": "k"}).status == 429
    assert {name: arrange.count(conn, name) for name in arrange.TABLES} == before
    conn.execute("DELETE FROM request_paces")
    assert post(route[1], VALID[route], **{"Idempotency-Key": "k"}).status in (200, 201, 202)
    assert arrange.count(conn, "request_paces") == 1


@pytest.mark.parametrize(
    ("path", "body", "headers", "status", "says"),
    [
        ("/tickets", BIG, TEXT, 413, "larger"),
        ("/tickets", BIG, {}, 413, "larger"),
        ("/tickets", TICKET, {**TEXT, **NO_KEY}, 415, "Content-Type"),
        ("/tickets", TICKET, TEXT, 415, "Content-Type"),
        ("/tickets", b"{", NO_KEY, 400, "Idempotency-Key"),
        ("/tickets", TICKET, NO_KEY, 400, "Idempotency-Key"),
        ("/incidents", b"{", {}, 400, "Idempotency-Key"),
        ("/tickets", b"{", TAKEN, 400, "not JSON"),
        ("/tickets", WRONG, TAKEN, 422, "fields"),
        ("/tickets", TICKET, TAKEN, 429, "too many requests"),
        ("/tickets/{ticket_id}/reprocess", {"x": 1}, {}, 422, "fields"),
        ("/tickets/{ticket_id}/reprocess", b"[", {}, 400, "not JSON"),
        ("/admin/failures/replay", {"all": 1}, {}, 422, "fields"),
        ("/admin/failures/replay", {"all": True}, NO_KEY, 400, "Idempotency-Key"),
        ("/admin/fallbacks/reprocess", {"limit": 0}, {}, 422, "fields"),
        ("/admin/fallbacks/reprocess", {}, NO_KEY, 400, "Idempotency-Key"),
        ("/tickets/{ticket_id}/corrections", {}, {}, 422, "fields"),
        ("/tickets/{ticket_id}/corrections", {}, NO_KEY, 400, "Idempotency-Key"),
    ],
)
def test_the_earlier_of_two_faults_is_named(
    post: Callable[..., Answer],
    used_up: Callable[[], None],
    path: str,
    body: object,
    headers: dict[str, str],
    status: int,
    says: str,
) -> None:
    """F-B2: every one of them comes too fast as well."""
    post("/tickets", {**TICKET, "body": "another"}, **TAKEN)
    used_up()
    answer = post(path, body, **headers)
    assert answer.status == status
    assert says in str(answer.body)


def test_who_is_not_known_is_told_nothing_else(
    conn: Connection, keys: Path, used_up: Callable[[], None]
) -> None:
    used_up()
    assert call("POST", "/tickets", BIG, headers=TEXT, bearer="forged").status == 401


def test_the_pace_comes_before_the_key(
    post: Callable[..., Answer], used_up: Callable[[], None]
) -> None:
    assert post("/tickets", TICKET, **TAKEN).status == 202
    used_up()
    assert post("/tickets", TICKET, **TAKEN).status == 429


def test_what_is_wrong_is_said_without_a_database(
    post: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    pace(monkeypatch, 60)
    move(monkeypatch, f"postgresql://deskhand@127.0.0.1:{ports.unused_port()}/deskhand")
    incident = VALID["POST", "/incidents"]
    assert post("/incidents", incident).status == 400
    assert (
        post("/incidents", {**incident, "customer_id": 7}, **{"Idempotency-Key": "k"}).status == 422
    )
    assert post("/incidents", incident, **{"Idempotency-Key": "k"}).status == 503


def test_a_malformed_request_uses_up_no_pace(
    conn: Connection, post: Callable[..., Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-K4"""
    pace(monkeypatch, 1)
    faults: list[tuple[object, dict[str, str]]] = [
        (BIG, {}), (TICKET, TEXT), (TICKET, NO_KEY), (b"{", {}), (WRONG, {}),
    ]  # fmt: skip
    assert [post("/tickets", body, **h).status for body, h in faults] == [413, 415, 400, 400, 422]
    assert arrange.count(conn, "request_paces") == 0
    assert [post("/tickets", TICKET).status for _ in range(2)] == [202, 429]
