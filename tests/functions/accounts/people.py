"""People with accounts, for tests that log in."""

from dataclasses import replace
from functools import cache
from typing import Any

from deskhand.accounts import passwords
from deskhand.api import opaque_tokens
from deskhand.store import accounts
from deskhand.store.accounts import Account
from deskhand.store.connection import Connection
from deskhand.uuid7 import uuid7
from tests.functions.gateway import HOME, Answer, call

PASSWORD = "correct horse battery staple"
EMAIL = "sam@example.com"


def person(
    conn: Connection, email: str = EMAIL, role: str = "customer", password: str = PASSWORD
) -> Account:
    """Somebody with an account."""
    made = Account(uuid7(), email, role, _hash_of(password), disabled=False)
    assert accounts.create(conn, made) is not None
    return replace(made)


@cache
def _hash_of(password: str) -> str:
    """To hash takes long, as it must."""
    return passwords.hash_password(password)


def login(email: str = EMAIL, password: str = PASSWORD, address: str = HOME) -> Answer:
    """The answer to a login."""
    return call("POST", "/auth/login", {"email": email, "password": password}, address=address)


def logged_in(conn: Connection, email: str = EMAIL, role: str = "customer") -> dict[str, Any]:
    """The tokens of somebody new."""
    person(conn, email, role)
    answer = login(email)
    assert answer.status == 200, answer.body
    tokens: dict[str, Any] = answer.body
    return tokens


def admin(conn: Connection) -> str:
    """An administrator's access token."""
    return str(logged_in(conn, "root@example.com", "admin")["access_token"])


def refresh(refresh_token: str, *, address: str = HOME, agent: str = "browser") -> Answer:
    """The answer to a refresh, as it is asked from somewhere by some program."""
    body = {"refresh_token": refresh_token}
    return call("POST", "/auth/refresh", body, address=address, headers={"User-Agent": agent})


def audited(conn: Connection, action: str) -> list[dict[str, Any]]:
    """What was written down of an action."""
    query = "SELECT actor, data FROM audit WHERE action = %(action)s ORDER BY id"
    return conn.execute(query, {"action": action}).fetchall()


def stored_texts(conn: Connection) -> str:
    """Every row of the tables of accounts, as text."""
    tables = ("accounts", "sessions", "refresh_tokens", "invites", "service_tokens", "audit")
    rows = [
        conn.execute(f"SELECT t::text AS text FROM {name} AS t".encode()).fetchall()  # noqa: S608 - names of our own
        for name in tables
    ]
    return "\n".join(str(row["text"]) for found in rows for row in found)


def hash_in_hex(token: str) -> str:
    """What is stored of a token."""
    return opaque_tokens.hash_of(token).hex()
