"""An account that was locked, deleted or demoted grants and deletes nothing with its last token."""

from pathlib import Path

import psycopg
import pytest

from deskhand.api.access import ROUTES
from deskhand.api.caller import Caller
from deskhand.api.live_account import lock_account
from deskhand.store.connection import Connection, open_connection
from embedded import tokens
from tests import arrange
from tests.functions.accounts.people import admin, login, person
from tests.functions.at_once import Request, environments
from tests.functions.gateway import Answer, call
from tests.matrix import DOCUMENT

pytestmark = pytest.mark.usefixtures("keys")
LIVE = [route for route, access in ROUTES.items() if access.live]
ENDS = {
    "locked": "UPDATE accounts SET disabled = true",
    "deleted": "DELETE FROM accounts",
    "demoted": "UPDATE accounts SET role = 'agent'",
}
UNKNOWN = "00000000-0000-7000-8000-000000000000"


def ask(route: tuple[str, str], token: str) -> Answer:
    """The answer to the documented example of a route."""
    method, path = route
    described = DOCUMENT["paths"][path][method.lower()]
    content = described.get("requestBody", {}).get("content", {}).get("application/json", {})
    for name in (
        "ticket_id",
        "import_id",
        "account_id",
        "invite_id",
        "token_id",
        "audit_id",
        "report_id",
    ):
        path = path.replace(f"{{{name}}}", UNKNOWN)
    return call(method, path, content.get("example"), bearer=token)


def granted(conn: Connection) -> list[int]:
    return [arrange.count(conn, table) for table in ("invites", "service_tokens", "audit")]


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("route", LIVE, ids=" ".join)
def test_the_last_token_is_refused_where_something_is_granted_or_deleted(
    conn: Connection, route: tuple[str, str], end: str
) -> None:
    """F-K9 F-K1"""
    root = admin(conn)
    assert ask(route, root).status in (201, 404)
    before = granted(conn)
    conn.execute(ENDS[end].encode())
    refused = ask(route, root)
    assert (refused.status, "log in again" in refused.body["detail"]) == (401, True)
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="deskhand"'
    assert granted(conn) == before
    # Elsewhere the token is good for its last minutes.
    assert call("GET", "/tickets", bearer=root).status == 200


def test_what_an_administrator_keeps_works(conn: Connection) -> None:
    root = admin(conn)
    conn.execute("UPDATE accounts SET updated_at = now()")
    assert ask(("POST", "/auth/invites"), root).status == 201


def test_a_token_without_an_account_is_the_operators(conn: Connection, keys: Path) -> None:
    """`make token` signs with the key of the installation."""
    assert ask(("POST", "/auth/tokens"), tokens.token(keys, "operator", "admin")).status == 201
    gone = tokens.token(keys, UNKNOWN, "admin")
    assert ask(("POST", "/auth/tokens"), gone).status == 401


def test_nobody_is_locked_while_they_grant(database: str, conn: Connection) -> None:
    """F-K1: whoever locks waits, so that nothing is granted after the answer to it."""
    root = person(conn, "root@example.com", "admin")
    with lock_account(Caller(f"user:{root.id}", "admin")), open_connection(database) as other:
        other.execute("SET lock_timeout = '50ms'")
        for change in ENDS.values():
            with pytest.raises(psycopg.errors.LockNotAvailable):
                other.execute(change.encode())


def test_of_two_who_lock_each_other_at_once_one_stays(conn: Connection, keys: Path) -> None:
    """F-K9 F-K1: there always is an administrator left."""
    with environments(2, keys) as ask_at_once:
        for number in range(5):
            conn.execute("DELETE FROM accounts")
            pair = [person(conn, f"{name}{number}@example.com", "admin") for name in "ab"]
            given = [str(login(each.email).body["access_token"]) for each in pair]
            asked: list[Request] = [
                ("PATCH", f"/auth/accounts/{other.id}", {"disabled": True}, {"bearer": token})
                for other, token in zip(reversed(pair), given, strict=True)
            ]
            assert sorted(answer.status for answer in ask_at_once(asked)) == [200, 401]
            [left] = conn.execute("SELECT FROM accounts WHERE NOT disabled").fetchall()
            assert left == {}
