"""Service tokens: good for their scopes until they are revoked, and nowhere stored."""

from typing import Any

import pytest

from deskhand.store.connection import Connection
from tests.functions.accounts.people import admin, audited, hash_in_hex, stored_texts
from tests.functions.gateway import Answer, call

pytestmark = pytest.mark.usefixtures("keys")
TICKET = {"subject": "Disk is full", "body": "", "customer_id": "m-1"}


def made(root: str, *scopes: str, **more: Any) -> dict[str, Any]:
    body = {"name": "monitoring", "scopes": list(scopes), **more}
    answer = call("POST", "/auth/tokens", body, bearer=root)
    assert answer.status == 201, answer.body
    token: dict[str, Any] = answer.body
    return token


def read(token: str) -> Answer:
    return call("GET", "/tickets", bearer=token)


def write(token: str) -> Answer:
    return call("POST", "/tickets", TICKET, bearer=token)


def test_a_machine_may_what_its_scopes_say(conn: Connection) -> None:
    """F-K2"""
    root = admin(conn)
    writer, reader = made(root, "tickets:write")["token"], made(root, "tickets:read")["token"]
    assert (write(writer).status, read(writer).status) == (202, 403)
    assert (write(reader).status, read(reader).status) == (403, 200)
    both = made(root, "tickets:read", "tickets:write", "tickets:read")
    assert both["scopes"] == ["tickets:read", "tickets:write"]
    assert (write(both["token"]).status, read(both["token"]).status) == (202, 200)
    [ticket] = conn.execute("SELECT caller FROM tickets LIMIT 1").fetchall()
    assert ticket["caller"].startswith("service:")


def test_it_is_an_administrator_nowhere(conn: Connection) -> None:
    token = made(admin(conn), "tickets:read", "tickets:write")["token"]
    for path in ("/auth/tokens", "/auth/accounts", "/admin/failures"):
        assert call("GET", path, bearer=token).status == 403
    who = call("GET", "/auth/me", bearer=token).body
    assert (who["role"], who["email"]) == ("service", None)
    assert who["scopes"] == ["tickets:read", "tickets:write"]


def test_it_is_shown_once_and_not_stored(conn: Connection) -> None:
    """F-K6"""
    root = admin(conn)
    token = made(root, "tickets:read")
    assert token["token"] not in stored_texts(conn)
    assert hash_in_hex(token["token"]) in stored_texts(conn)
    [shown] = call("GET", "/auth/tokens", bearer=root).body["tokens"]
    assert shown == {name: value for name, value in token.items() if name != "token"}


def test_it_is_refused_as_soon_as_it_is_revoked(conn: Connection) -> None:
    """F-K2"""
    root = admin(conn)
    token, other = made(root, "tickets:read"), made(root, "tickets:read")
    assert read(token["token"]).status == 200
    path = f"/auth/tokens/{token['id']}"
    assert [call("DELETE", path, bearer=root).status for _ in range(2)] == [204, 404]
    refused = read(token["token"])
    assert (refused.status, "WWW-Authenticate" in refused.headers) == (401, True)
    assert read(other["token"]).status == 200
    assert len(audited(conn, "service_token.created")) == 2
    [noted] = audited(conn, "service_token.revoked")
    assert noted["data"] == {"id": token["id"]}


def test_it_ends_with_its_time(conn: Connection) -> None:
    token = made(admin(conn), "tickets:read", days=30)
    assert token["expires_at"] > token["created_at"]
    conn.execute("UPDATE service_tokens SET expires_at = now() + interval '5 seconds'")
    assert read(token["token"]).status == 200
    conn.execute("UPDATE service_tokens SET expires_at = now()")
    assert read(token["token"]).status == 401


@pytest.mark.parametrize(
    "body",
    [
        {"name": "m", "scopes": []},
        {"name": "m", "scopes": ["admin"]},
        {"name": "m", "scopes": ["tickets:*"]},
        {"name": " ", "scopes": ["tickets:read"]},
        {"name": "m", "scopes": ["tickets:read"], "days": 0},
        {"name": "m", "scopes": ["tickets:read"], "role": "admin"},
        {"scopes": ["tickets:read"]},
    ],
)
def test_other_tokens_are_not_made(conn: Connection, body: dict[str, Any]) -> None:
    assert call("POST", "/auth/tokens", body, bearer=admin(conn)).status == 422
