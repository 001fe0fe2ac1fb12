"""In whose name tickets are written: a customer's token names nobody else."""

from typing import Any

import pytest

from deskhand.settings.environment import settings
from deskhand.store.connection import Connection
from embedded import tokens
from tests import arrange
from tests.functions.accounts.people import logged_in
from tests.functions.gateway import Answer, call

pytestmark = pytest.mark.usefixtures("keys")
TICKET = {"subject": "Disk is full", "body": ""}
INCIDENT = {"description": "Disk is full"}
ROUTES: list[tuple[str, dict[str, Any]]] = [("/tickets", TICKET), ("/incidents", INCIDENT)]


def hand_in(path: str, body: dict[str, Any], token: str | None, key: str = "k-1") -> Answer:
    return call("POST", path, body, bearer=token, headers={"Idempotency-Key": key})


def stored(conn: Connection) -> list[str | None]:
    rows = conn.execute("SELECT customer_id FROM tickets ORDER BY id").fetchall()
    return [row["customer_id"] for row in rows]


@pytest.mark.parametrize(("path", "body"), ROUTES)
def test_a_customer_names_themselves_or_nobody(
    conn: Connection, path: str, body: dict[str, Any]
) -> None:
    """F-K3"""
    token = logged_in(conn)["access_token"]
    who = call("GET", "/auth/me", bearer=token).body["id"]
    own = who.removeprefix("user:")
    named = [{}, {"customer_id": own}, {"customer_id": who}]
    for number, more in enumerate(named):
        assert hand_in(path, {**body, **more}, token, f"k-{number}").status == 202
    assert stored(conn) == [own] * 3


@pytest.mark.parametrize(("path", "body"), ROUTES)
@pytest.mark.parametrize("other", ["someone-else", "user:someone-else", "MINE", " mine"])
def test_a_customer_names_nobody_else(
    conn: Connection, keys: Any, path: str, body: dict[str, Any], other: str
) -> None:
    """F-K3"""
    token = tokens.token(keys, "mine", "customer")
    refused = hand_in(path, {**body, "customer_id": other}, token)
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (403, "/customer_id")
    assert "must be your own: mine" in refused.body["detail"]
    assert (arrange.count(conn, "tickets"), arrange.count(conn, "idempotency_keys")) == (0, 0)
    assert hand_in(path, body, token).status == 202


@pytest.mark.parametrize("wrong", [None, 7, "", "x" * 101])
def test_what_is_no_customer_is_named_first(conn: Connection, keys: Any, wrong: object) -> None:
    token = tokens.token(keys, "mine", "customer")
    refused = hand_in("/tickets", {**TICKET, "customer_id": wrong}, token)
    assert (refused.status, refused.body["errors"][0]["pointer"]) == (422, "/customer_id")


@pytest.mark.parametrize("role", ["agent", "admin", "service"])
def test_those_who_write_for_others_name_whom_they_like(
    conn: Connection, keys: Any, role: str
) -> None:
    token = tokens.token(keys, "desk", role)
    assert hand_in("/tickets", {**TICKET, "customer_id": "c-7"}, token).status == 202
    assert hand_in("/tickets", TICKET, token, "k-2").status == 422
    assert stored(conn) == ["c-7"]


def test_customers_without_a_token_say_who_they_are(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing else is known of them."""
    monkeypatch.setenv("ANONYMOUS_ROLE", "customer")
    settings.cache_clear()
    assert hand_in("/tickets", {**TICKET, "customer_id": "c-7"}, None).status == 202
    assert stored(conn) == ["c-7"]
