"""What a page asks for again and again costs little while nothing happens."""

from uuid import UUID

import pytest

from deskhand.store.connection import Connection
from tests import arrange, journeys
from tests.functions.gateway import call
from tests.functions.tickets.requests import patch

pytestmark = pytest.mark.usefixtures("aws")


def test_a_trail_is_read_on_after_an_event(ticket: UUID) -> None:
    """F-A9"""
    path = f"/tickets/{ticket}/events"
    whole = call("GET", path).body
    last = whole["events"][-1]["id"]
    assert whole["count"] == len(whole["events"])
    patch(ticket, {"tags": ["x"]}, "*")
    rest = call("GET", path, query={"after": str(last)}).body
    assert [event["kind"] for event in rest["events"]] == ["ticket.updated"]
    assert rest["count"] == whole["count"] + 1
    assert call("GET", path).body["events"] == [*whole["events"], *rest["events"]]
    nothing = call("GET", path, query={"after": str(rest["events"][-1]["id"])})
    assert (nothing.status, nothing.body["events"]) == (200, [])


def test_an_event_that_is_stored_late_is_noticed(conn: Connection, ticket: UUID) -> None:
    """F-A9: its id is smaller than that of one that was read before."""
    path = f"/tickets/{ticket}/events"
    known = call("GET", path)
    last = known.body["events"][-1]["id"]
    conn.execute(
        "INSERT INTO events (id, ticket_id, kind, actor) OVERRIDING SYSTEM VALUE"
        " VALUES (%s, %s, 'ticket.updated', 'late')",
        [last - 1_000, ticket],
    )
    rest = call("GET", path, query={"after": str(last)}).body
    assert (rest["events"], rest["count"]) == ([], known.body["count"] + 1)


@pytest.mark.parametrize("after", ["-1", "x", "1.0", "", str(2**63)])
def test_a_place_that_is_none_is_refused(ticket: UUID, after: str) -> None:
    answer = call("GET", f"/tickets/{ticket}/events", query={"after": after})
    assert (answer.status, answer.body["errors"][0]["pointer"]) == (400, "after")


def test_a_trail_and_a_run_are_answered_once(conn: Connection) -> None:
    """F-A9: until something happens."""
    ticket_id, run_id = arrange.accepted(conn)
    paths = {"validate_ticket": f"/tickets/{ticket_id}/events", "classify": f"/runs/{run_id}"}
    for step, path in paths.items():
        first = call("GET", path)
        same = {"If-None-Match": f"W/{first.headers['ETag']}"}
        again = call("GET", path, headers=same)
        assert (again.status, again.text, again.headers["ETag"]) == (
            304, "", first.headers["ETag"]
        )  # fmt: skip
        journeys.step(conn, run_id, 1, step)
        changed = call("GET", path, headers=same)
        assert (changed.status, changed.headers["ETag"] != first.headers["ETag"]) == (200, True)
        assert call("GET", path, headers={"If-None-Match": "1"}).status == 400
