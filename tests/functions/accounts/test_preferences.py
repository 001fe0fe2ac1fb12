"""A person's own preferences: stored with the account, bounded, and nobody else's."""

from pathlib import Path
from typing import Any

import pytest

from deskhand.accounts.api.preferences import MAX_VIEWS
from deskhand.store import accounts
from deskhand.store.connection import Connection
from embedded import tokens
from tests.functions.accounts.people import logged_in
from tests.functions.gateway import call
from tests.functions.tickets.requests import pointers

pytestmark = pytest.mark.usefixtures("keys")

PATH = "/auth/me/preferences"
FIRST: dict[str, Any] = {"theme": "system", "single_keys": True, "views": []}
VIEW = {"name": "Mine", "query": "status=open&status=pending&assignee=sam&sort=due&limit=50"}


def test_they_are_kept_for_the_person_alone(conn: Connection) -> None:
    sam = logged_in(conn, "sam@example.com", "agent")["access_token"]
    kim = logged_in(conn, "kim@example.com", "customer")["access_token"]
    assert call("GET", PATH, bearer=sam).body == FIRST
    wanted = {"theme": "dark", "single_keys": False, "views": [VIEW]}
    assert call("PUT", PATH, wanted, bearer=sam).body == wanted
    assert call("GET", PATH, bearer=sam).body == wanted
    assert call("GET", PATH, bearer=kim).body == FIRST


def test_they_are_replaced_as_a_whole(conn: Connection) -> None:
    sam = logged_in(conn)["access_token"]
    call("PUT", PATH, {"theme": "dark", "views": [VIEW]}, bearer=sam)
    assert call("PUT", PATH, {"single_keys": False}, bearer=sam).body == {
        **FIRST, "single_keys": False
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({"theme": "pink"}, ["/theme"]),
        ({"theme": None}, ["/theme"]),
        ({"single_keys": "yes"}, ["/single_keys"]),
        ({"colour": "red"}, ["/colour"]),
        ([], [""]),
        ({"views": [VIEW, {**VIEW, "query": ""}]}, ["/views/1/name"]),
        ({"views": [{**VIEW, "name": " "}]}, ["/views/0/name"]),
        ({"views": [{**VIEW, "name": "x" * 101}]}, ["/views/0/name"]),
        ({"views": [{"name": "x"}]}, ["/views/0/query"]),
        ({"views": [{**VIEW, "query": "state=open"}]}, ["/views/0/query"]),
        ({"views": [{**VIEW, "query": "sort=size"}]}, ["/views/0/query"]),
        ({"views": [{**VIEW, "query": "figure=created"}]}, ["/views/0/query"]),
        ({"views": [{**VIEW, "query": "q=" + "x" * 4_000}]}, ["/views/0/query"]),
        ({"views": [{**VIEW, "name": f"{n}"} for n in range(MAX_VIEWS + 1)]}, ["/views"]),
    ],
)
def test_what_is_wrong_is_named(conn: Connection, body: object, where: list[str]) -> None:
    """F-A14"""
    sam = logged_in(conn)["access_token"]
    answer = call("PUT", PATH, body, bearer=sam)
    assert (answer.status, pointers(answer)) == (422, where)
    assert call("GET", PATH, bearer=sam).body == FIRST


def test_who_has_no_account_has_none(conn: Connection, keys: Path) -> None:
    """A token that no login has made, and one of an account that is gone."""
    nobody = tokens.token(keys, "nobody", "agent")
    assert call("GET", PATH, bearer=nobody).body == FIRST
    assert call("PUT", PATH, {"theme": "dark"}, bearer=nobody).status == 404
    sam = logged_in(conn)["access_token"]
    conn.execute("UPDATE accounts SET disabled = true")
    assert call("PUT", PATH, {"theme": "dark"}, bearer=sam).status == 404
    conn.execute("DELETE FROM sessions")
    conn.execute("DELETE FROM accounts")
    assert call("GET", PATH, bearer=sam).body == FIRST
    assert call("PUT", PATH, {"theme": "dark"}, bearer=sam).status == 404


def test_an_older_document_has_the_values_of_the_beginning(conn: Connection) -> None:
    sam = logged_in(conn)["access_token"]
    conn.execute('UPDATE accounts SET preferences = \'{"theme": "light"}\'')
    assert call("GET", PATH, bearer=sam).body == {**FIRST, "theme": "light"}
    assert accounts.page(conn, None, 2)[0].keys() == {
        "id", "email", "role", "disabled", "created_at"
    }  # fmt: skip
