"""Listing and searching tickets over HTTP."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from deskhand.store import runs
from deskhand.store.connection import Connection
from tests import arrange
from tests.functions.gateway import call
from tests.functions.tickets.requests import pointers

pytestmark = pytest.mark.usefixtures("aws")


def listed(**query: str | list[str]) -> list[str]:
    """The ids on a page."""
    answer = call("GET", "/tickets", query=query)
    assert answer.status == 200, answer.body
    return [ticket["id"] for ticket in answer.body["tickets"]]


def test_pages_are_stable_while_tickets_arrive_and_go(conn: Connection) -> None:
    """F-A5"""
    ids = [str(arrange.accepted(conn)[0]) for _ in range(5)]
    first = call("GET", "/tickets", query={"limit": "2"}).body
    arrange.accepted(conn)
    assert call("DELETE", f"/tickets/{first['next_cursor']}").status == 204
    second = call("GET", "/tickets", query={"limit": "2", "cursor": first["next_cursor"]}).body
    third = call("GET", "/tickets", query={"limit": "2", "cursor": second["next_cursor"]}).body
    seen = [t["id"] for page in (first, second, third) for t in page["tickets"]]
    assert seen == ids[::-1]
    assert third["next_cursor"] is None
    assert listed(cursor=str(uuid4())) is not None


def test_filters_combine(conn: Connection) -> None:
    """F-A5"""
    wanted, _ = arrange.accepted(conn, department="Sales", tags=["vpn", "remote"])
    arrange.accepted(conn, department="Sales")
    arrange.accepted(conn, department="Legal", tags=["vpn"])
    assert listed(department="Sales", tag="vpn", workflow_status="PENDING") == [str(wanted)]
    assert listed(department="Sales", tag="vpn", workflow_status="FAILED") == []
    assert len(listed(department=["Sales", "Legal"], tag="vpn")) == 2
    assert len(listed(tag=["vpn", "remote"], status=["new", "open"])) == 2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "open"),
        ("priority", "high"),
        ("category", "Network"),
        ("request_type", "VPN"),
        ("department", "Sales"),
        ("tag", "vpn"),
        ("customer_id", "c-2"),
        ("assignee", "agent 7"),
        ("needs_review", "true"),
        ("duplicate", "true"),
        ("escalated", "true"),
        ("created_to", "2020-01-02T00:00:00Z"),
        ("workflow_status", "FAILED"),
        ("q", "printer jams"),
    ],
)
def test_each_filter_selects(conn: Connection, name: str, value: str) -> None:
    """F-A5"""
    other, _ = arrange.accepted(conn)
    wanted, run_id = arrange.accepted(
        conn, department="Sales", tags=["vpn"], customer_id="c-2", subject="The printer is jammed"
    )
    conn.execute(
        "UPDATE tickets SET status = 'open', title = 't', priority = 'high', category = 'Network',"
        " request_type = 'VPN', assignee = 'agent 7', escalation_level = 1, duplicate_of = %s,"
        " created_at = '2020-01-01' WHERE id = %s",
        [other, wanted],
    )
    runs.fail(conn, run_id, 1, "Broken", "why")
    assert listed(**{name: value}) == [str(wanted)]
    if value == "true":
        assert listed(**{name: "false"}) == [str(other)]
    [shown] = call("GET", "/tickets", query={name: value}).body["tickets"]
    assert (shown["assignee"], shown["escalation_level"]) == ("agent 7", 1)


def test_the_range_begins_with_its_start_and_ends_before_its_end(conn: Connection) -> None:
    """F-A5"""
    ids = [str(arrange.accepted(conn)[0]) for _ in range(3)]
    noon = datetime(2026, 3, 29, 12, tzinfo=UTC)
    for hours, ticket_id in enumerate(ids):
        conn.execute(
            "UPDATE tickets SET created_at = %s WHERE id = %s",
            [noon + timedelta(hours=hours), ticket_id],
        )
    one, two = "2026-03-29T13:00:00Z", "2026-03-29T16:00:00.000+02:00"
    assert listed(created_from=one) == [ids[2], ids[1]]
    assert listed(created_to=two) == [ids[1], ids[0]]
    assert listed(created_from=one, created_to=two) == [ids[1]]
    assert listed(created_from=two, created_to=one) == []
    assert listed(created_from="0001-01-01T00:00:00+14:00", created_to="9999-12-31T23:59Z") != []


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("screen", True),
        ("SCREENS", True),
        ('"stays black"', True),
        ('"black stays"', False),
        ("laptop printer", False),
        ("laptop or printer", True),
        ("laptop -black", False),
        ("laptop -printer", True),
        ("the", False),
        ("'); DROP TABLE tickets; -- laptop", False),
        ("& | ! :* <->", False),
        ("x" * 200, False),
    ],
)
def test_words_are_searched_as_on_the_web(conn: Connection, q: str, found: bool) -> None:
    """F-A5"""
    arrange.accepted(conn)
    assert bool(listed(q=q)) is found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "101"),
        ("limit", "1_0"),
        ("limit", "5.0"),
        ("limit", "\u0665"),
        ("limit", ""),
        ("limit", "9" * 5_000),
        ("cursor", "x"),
        ("status", "lost"),
        ("status", ""),
        ("colour", "red"),
        ("Status", "open"),
        ("owner", "bob"),
        ("tag", "a\x00b"),
        ("tag", "\ud800"),
        ("tag\ud800", "x"),
        ("tag\x00", "x"),
        ("tag", "x" * 101),
        ("assignee", ""),
        ("assignee", " "),
        ("needs_review", "perhaps"),
        ("duplicate", "1"),
        ("escalated", "yes"),
        ("q", ""),
        ("q", " "),
        ("q", "x" * 201),
        ("created_from", "2026-01-01"),
        ("created_from", "2026-01-01T00:00:00"),
        ("created_from", "2026-01-01T00:00:00 02:00"),
        ("created_from", "2026-02-30T00:00:00Z"),
        ("created_from", "0000-01-01T00:00:00Z"),
        ("created_to", "1767225600"),
        ("created_to", "yesterday"),
        ("limit", ["5", "5"]),
        ("q", ["a", "b"]),
        ("tag", ["a", "x" * 101]),
    ],
)
def test_a_wrong_parameter_is_named(conn: Connection, name: str, value: str | list[str]) -> None:
    """F-A5"""
    answer = call("GET", "/tickets", query={name: value})
    assert answer.status == 400
    assert pointers(answer) == [name.replace("\ud800", "?")]


def test_every_wrong_parameter_is_named(conn: Connection) -> None:
    """F-A5"""
    wrong: dict[str, str | list[str]] = {"limit": "0", "colour": "red", "q": " "}
    assert sorted(pointers(call("GET", "/tickets", query=wrong))) == ["colour", "limit", "q"]
