"""GET /people: whom a ticket can be assigned to."""

import pytest

from deskhand.store import accounts
from deskhand.store.connection import Connection
from tests.functions.accounts.people import logged_in, person
from tests.functions.gateway import call


@pytest.mark.usefixtures("keys")
def test_staff_who_may_log_in_are_listed(conn: Connection) -> None:
    """F-L2"""
    token = logged_in(conn, "ann@example.com", "agent")["access_token"]
    root = person(conn, "root@example.com", "admin")
    person(conn, "carl@example.com", "customer")
    gone = person(conn, "gone@example.com", "agent")
    accounts.change(conn, gone.id, None, True)
    found = call("GET", "/people", bearer=token).body["people"]
    assert [(each["email"], each["role"]) for each in found] == [
        ("ann@example.com", "agent"),
        ("root@example.com", "admin"),
    ]
    assert found[1]["id"] == f"user:{root.id}"


@pytest.mark.usefixtures("keys")
def test_customers_do_not_see_staff(conn: Connection) -> None:
    token = logged_in(conn)["access_token"]
    assert call("GET", "/people", bearer=token).status == 403
