"""The first administrator."""

import json

import pytest
from pydantic import ValidationError

from deskhand.settings.environment import settings
from deskhand.store.connection import Connection
from functions.appoint_admin.handler import handler
from tests.functions.accounts.people import EMAIL, PASSWORD, audited, login, person
from tests.functions.conftest import event
from tests.functions.gateway import call

pytestmark = pytest.mark.usefixtures("keys")


@pytest.mark.parametrize("policy", ["open", "invite", "closed"])
def test_nobody_yet_becomes_one_with_a_password_of_their_own(
    conn: Connection, monkeypatch: pytest.MonkeyPatch, policy: str
) -> None:
    """F-K2"""
    monkeypatch.setenv("REGISTRATION", policy)
    settings.cache_clear()
    made = handler(event("appoint_admin"), None)
    assert made.keys() == {"id", "email", "role", "invite", "expires_at"}
    body = {"email": EMAIL, "password": PASSWORD, "invite": made["invite"]}
    assert call("POST", "/auth/register", body).body["role"] == "admin"
    access = login().body["access_token"]
    assert call("GET", "/auth/accounts", bearer=access).status == 200
    [noted] = audited(conn, "admin.appointed")
    assert noted == {"actor": "operator", "data": {"id": made["id"]}}


def test_somebody_with_an_account_is_one_at_once(conn: Connection) -> None:
    """F-K2"""
    account = person(conn)
    conn.execute("UPDATE accounts SET disabled = true")
    assert handler({"email": "SAM@example.com"}, None) == {
        "email": EMAIL,
        "role": "admin",
        "account_id": str(account.id),
    }
    access = login().body["access_token"]
    assert call("GET", "/auth/me", bearer=access).body["role"] == "admin"


@pytest.mark.parametrize("wrong", [{}, {"email": "sam"}, {"email": EMAIL, "role": "agent"}])
def test_a_mistake_changes_nothing(conn: Connection, wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        handler(json.loads(json.dumps(wrong)), None)
    assert audited(conn, "admin.appointed") == []
