"""Accounts: who may open one, with which password, and what administrators do with them."""

import random
from pathlib import Path
from typing import Any

import pytest

from deskhand.accounts import passwords
from deskhand.settings.environment import settings
from deskhand.store.connection import Connection
from tests import arrange
from tests.functions.accounts.people import (
    EMAIL,
    PASSWORD,
    admin,
    audited,
    logged_in,
    login,
    person,
    refresh,
    stored_texts,
)
from tests.functions.gateway import Answer, call

pytestmark = pytest.mark.usefixtures("keys")


def register(email: str = EMAIL, password: str = PASSWORD, **more: Any) -> Answer:
    return call("POST", "/auth/register", {"email": email, "password": password, **more})


def policy(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv("REGISTRATION", name)
    settings.cache_clear()


def invite(root: str, email: str = EMAIL, role: str = "agent") -> dict[str, Any]:
    answer = call("POST", "/auth/invites", {"email": email, "role": role}, bearer=root)
    assert answer.status == 201
    made: dict[str, Any] = answer.body
    return made


@pytest.fixture
def _open(monkeypatch: pytest.MonkeyPatch) -> None:
    policy(monkeypatch, "open")


@pytest.mark.usefixtures("_open")
def test_where_it_is_open_everybody_becomes_a_customer(conn: Connection) -> None:
    """F-K1"""
    answer = register(" Sam@Example.COM ")
    assert answer.status == 201
    assert (answer.body["email"], answer.body["role"]) == (EMAIL, "customer")
    row = conn.execute("SELECT password_hash FROM accounts").fetchone()
    assert row["password_hash"].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert login().status == 200
    [noted] = audited(conn, "account.registered")
    assert noted["actor"] == f"user:{answer.body['id']}"
    assert EMAIL not in str(noted)


@pytest.mark.usefixtures("_open")
def test_an_address_has_one_account(conn: Connection) -> None:
    assert register().status == 201
    again = register("SAM@example.com", "another good password")
    assert (again.status, again.body["errors"][0]["pointer"]) == (409, "/email")
    assert login().status == 200


@pytest.mark.parametrize("name", ["invite", "closed"])
def test_elsewhere_nobody_registers_uninvited(
    conn: Connection, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    policy(monkeypatch, name)
    for more in ({}, {"invite": "dhi_" + "A" * 43}):
        assert register(**more).status == 403
    assert arrange.count(conn, "accounts") == 0


def test_an_invitation_gives_its_role_to_its_address_once(conn: Connection) -> None:
    made = invite(admin(conn))
    assert made["invite"] not in stored_texts(conn)
    assert register("kim@example.com", invite=made["invite"]).status == 403
    assert register(invite=made["invite"]).body["role"] == "agent"
    conn.execute("DELETE FROM accounts WHERE role = 'agent'")
    assert register(invite=made["invite"]).status == 403


def test_a_refused_registration_does_not_use_the_invitation_up(conn: Connection) -> None:
    made = invite(admin(conn))
    assert register(password="password1", invite=made["invite"]).status == 422
    person(conn)
    assert register(invite=made["invite"]).status == 409
    conn.execute("DELETE FROM accounts WHERE email = 'sam@example.com'")
    assert register(invite=made["invite"]).status == 201


def test_invitations_end(conn: Connection) -> None:
    root = admin(conn)
    old, withdrawn = invite(root), invite(root, "kim@example.com")
    replaced, newest = invite(root, "jo@example.com"), invite(root, "jo@example.com", "customer")
    conn.execute("UPDATE invites SET expires_at = now() WHERE email = 'sam@example.com'")
    path = f"/auth/invites/{withdrawn['id']}"
    assert [call("DELETE", path, bearer=root).status for _ in range(2)] == [204, 404]
    shown = call("GET", "/auth/invites", bearer=root).body["invites"]
    assert [each["id"] for each in shown] == [newest["id"]]
    assert register(invite=old["invite"]).status == 403
    assert register("kim@example.com", invite=withdrawn["invite"]).status == 403
    assert register("jo@example.com", invite=replaced["invite"]).status == 403
    assert register("jo@example.com", invite=newest["invite"]).body["role"] == "customer"


def test_who_has_an_account_is_not_invited(conn: Connection) -> None:
    root = admin(conn)
    body = {"email": "ROOT@example.com", "role": "customer"}
    assert call("POST", "/auth/invites", body, bearer=root).status == 409


def test_where_it_is_closed_administrators_invite_nobody(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = admin(conn)
    made = invite(root)
    policy(monkeypatch, "closed")
    body = {"email": "kim@example.com", "role": "customer"}
    assert call("POST", "/auth/invites", body, bearer=root).status == 403
    assert register(invite=made["invite"]).status == 403


COMMON = sorted(passwords._common())


@pytest.mark.usefixtures("_open")
@pytest.mark.parametrize("password", random.Random(7).sample(COMMON, 50))  # noqa: S311 - a sample
def test_common_passwords_are_refused(conn: Connection, password: str) -> None:
    """F-K1"""
    for spelling in (password, password.upper()):
        answer = register(password=spelling)
        assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/password")


@pytest.mark.usefixtures("_open")
@pytest.mark.parametrize(
    "password", ["", "short 7", "sam@example.com", "SAM@Example.com", "x" * 1_001]
)
def test_passwords_that_are_too_easy_or_too_long(conn: Connection, password: str) -> None:
    answer = register(password=password)
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/password")
    assert arrange.count(conn, "accounts") == 0


@pytest.mark.parametrize(
    ("password", "almost"),
    [
        ("a" * 63 + "b", "a" * 63 + "c"),
        ("a" * 199 + "b", "a" * 199 + "c"),
        ("x" * 999 + "y", "x" * 1_000),
        (" eight sp ", "eight sp"),
        ("çédille☃🎫", "cedille☃🎫"),
        ("with\x01control", "withcontrol"),
    ],
)
@pytest.mark.usefixtures("_open")
def test_every_character_counts(conn: Connection, password: str, almost: str) -> None:
    """F-K1: nothing is cut, nothing is asked for."""
    assert register(password=password).status == 201
    assert login(password=almost).status == 401
    assert login(password=password).status == 200


def test_a_password_is_the_same_however_it_was_typed() -> None:
    stored = passwords.hash_password("caf\u00e9 au lait")
    assert passwords.is_correct(stored, "cafe\u0301 au lait")


def test_a_hash_that_is_none_matches_nothing() -> None:
    assert not passwords.is_correct("$argon2id$broken", PASSWORD)
    assert not passwords.is_correct(None, "nobody's password")


@pytest.mark.usefixtures("_open")
@pytest.mark.parametrize(
    "email", ["", "sam", "@example.com", "sam@", "a b@example.com", "sam@example.com\r\nBcc: x@y.z",
              "<sam@example.com>", "sam@-x.com", "a" * 250 + "@example.com"]
)  # fmt: skip
def test_what_is_no_address(conn: Connection, email: str) -> None:
    answer = register(email)
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (422, "/email")


def test_nobody_registers_with_a_role_of_their_choice(conn: Connection) -> None:
    for more in ({"role": "admin"}, {"disabled": False}, {"id": "1"}):
        assert register(**more).status == 422


def test_a_fresh_installation_has_no_login(conn: Connection) -> None:
    assert arrange.count(conn, "accounts") == arrange.count(conn, "service_tokens") == 0


def test_a_new_password_ends_all_sessions(conn: Connection) -> None:
    """F-K1"""
    given, other = logged_in(conn), login().body
    body = {"current_password": PASSWORD, "new_password": "wrong donkey paper clip"}
    assert call("POST", "/auth/password", body, bearer=given["access_token"]).status == 204
    for each in (given, other):
        assert refresh(each["refresh_token"]).status == 401
    assert login().status == 401
    assert login(password="wrong donkey paper clip").status == 200
    assert len(audited(conn, "password.changed")) == 1


def test_a_password_is_changed_only_by_who_knows_it(conn: Connection) -> None:
    access = logged_in(conn)["access_token"]

    def change(current: str, new: str) -> Answer:
        body = {"current_password": current, "new_password": new}
        return call("POST", "/auth/password", body, bearer=access)

    weak = change(PASSWORD, "password123")
    assert (weak.status, weak.body["errors"][0]["pointer"]) == (422, "/new_password")
    for _ in range(10):
        wrong = change("wrong password", "wrong donkey paper clip")
        assert (wrong.status, wrong.body["errors"][0]["pointer"]) == (422, "/current_password")
    assert change(PASSWORD, "wrong donkey paper clip").status == 429
    assert login(address="203.0.113.9").status == 200


def test_administrators_change_roles_and_lock_out(conn: Connection) -> None:
    root, given = admin(conn), logged_in(conn)
    path = f"/auth/accounts/{call('GET', '/auth/me', bearer=given['access_token']).body['id'][5:]}"
    changed = call("PATCH", path, {"role": "agent"}, bearer=root)
    assert (changed.status, changed.body["role"], changed.body["disabled"]) == (200, "agent", False)
    locked = call("PATCH", path, {"disabled": True}, bearer=root)
    assert (locked.body["role"], locked.body["disabled"]) == ("agent", True)
    assert refresh(given["refresh_token"]).status == login().status == 401
    call("PATCH", path, {"disabled": False}, bearer=root)
    assert refresh(given["refresh_token"]).status == 401
    assert login().status == 200
    assert [each["data"] for each in audited(conn, "account.changed")] == [
        {"id": path.rpartition("/")[2], **change}
        for change in ({"role": "agent"}, {"disabled": True}, {"disabled": False})
    ]


@pytest.mark.parametrize("body", [{}, {"role": None}, {"role": "service"}, {"email": "a@b.c"}])
def test_other_changes_are_refused(conn: Connection, body: dict[str, Any]) -> None:
    account = person(conn)
    answer = call("PATCH", f"/auth/accounts/{account.id}", body, bearer=admin(conn))
    assert answer.status == 422


def test_administrators_cannot_change_themselves(conn: Connection) -> None:
    root = admin(conn)
    own = call("GET", "/auth/me", bearer=root).body["id"].removeprefix("user:")
    for body in ({"role": "customer"}, {"disabled": True}):
        assert call("PATCH", f"/auth/accounts/{own}", body, bearer=root).status == 409
    nobody = "/auth/accounts/00000000-0000-7000-8000-000000000000"
    assert call("PATCH", nobody, {"role": "agent"}, bearer=root).status == 404
    assert call("PATCH", "/auth/accounts/x", {"role": "agent"}, bearer=root).status == 400


def test_accounts_are_listed_without_what_they_log_in_with(conn: Connection, keys: Path) -> None:
    root = admin(conn)
    for number in range(3):
        person(conn, f"p{number}@example.com")
    page = call("GET", "/auth/accounts", bearer=root).body
    assert [each["email"][:2] for each in page["accounts"]] == ["p2", "p1", "p0", "ro"]
    assert page["next_cursor"] is None
    assert page["accounts"][0].keys() == {"id", "email", "role", "disabled", "created_at"}
