"""Listing and searching tickets over HTTP."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from deskhand.store import intake, runs
from deskhand.store.connection import Connection
from deskhand.uuid7 import uuid7_at
from tests import arrange
from tests.functions.gateway import call
from tests.functions.tickets.requests import pointers

pytestmark = pytest.mark.usefixtures("aws")

# The same in each worker.
SOME_ID = "0199a000-0000-7000-8000-000000000000"


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
        ("kind", "incident"),
        ("channel", "mail"),
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
        " kind = 'incident', channel = 'mail' WHERE id = %s",
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
    noon = datetime(2026, 3, 29, 12, tzinfo=UTC)
    ids = [created_at(conn, noon + timedelta(hours=hours)) for hours in range(3)]
    one, two = "2026-03-29T13:00:00Z", "2026-03-29T16:00:00.000+02:00"
    assert listed(created_from=one) == [ids[2], ids[1]]
    assert listed(created_to=two) == [ids[1], ids[0]]
    assert listed(created_from=one, created_to=two) == [ids[1]]
    assert listed(created_from=two, created_to=one) == []
    assert listed(created_from="0001-01-01T00:00:00+14:00", created_to="9999-12-31T23:59Z") != []


def created_at(conn: Connection, moment: datetime) -> str:
    """The id of a ticket that was accepted then."""
    wanted = replace(arrange.request(), ticket_id=uuid7_at(moment))
    assert intake.accept(conn, wanted)
    conn.execute("UPDATE tickets SET created_at = %s WHERE id = %s", [moment, wanted.ticket_id])
    return str(wanted.ticket_id)


def sorted_by(sort: str, **query: str) -> list[str]:
    """The ids of all pages of two tickets."""
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        asked = {"sort": sort, "limit": "2", **query, **({"cursor": cursor} if cursor else {})}
        answer = call("GET", "/tickets", query=asked)
        assert answer.status == 200, answer.body
        found += [ticket["id"] for ticket in answer.body["tickets"]]
        cursor = answer.body["next_cursor"]
    return found


def test_each_order_is_paged_without_gaps(conn: Connection) -> None:
    """F-A5: equal and empty keys too."""
    ids = [str(arrange.accepted(conn)[0]) for _ in range(7)]
    keys = [None, 0.5, 0.9, 0.5, None, 0.123456789, 0.5]
    due = [3, 1, None, 1, 2, 1, None]
    for ticket_id, confidence, days in zip(ids, keys, due, strict=True):
        conn.execute(
            "UPDATE tickets SET confidence = %s, due_at = now() + make_interval(days => %s)"
            " WHERE id = %s",
            [confidence, days, ticket_id],
        )
    places = range(7)
    assert sorted_by("newest") == ids[::-1]
    assert sorted_by("age") == ids
    least = sorted(places, key=lambda n: (2 if keys[n] is None else keys[n], n))
    assert sorted_by("confidence") == [ids[n] for n in least]
    conn.execute("UPDATE tickets SET due_at = date_trunc('day', due_at)")
    next_due = sorted(places, key=lambda n: (due[n] or 9, n))
    assert sorted_by("due") == [ids[n] for n in next_due]
    assert sorted_by("due", status="new") == [ids[n] for n in next_due]


@pytest.mark.parametrize(
    ("sort", "cursor"),
    [("due", SOME_ID), ("newest", f"0.5~{SOME_ID}"), ("confidence", f"infinity~{SOME_ID}"),
     ("due", f"2026-13-99~{SOME_ID}"), ("age", "x"), ("confidence", f"9.9.9~{SOME_ID}")],
)  # fmt: skip
def test_a_cursor_belongs_to_its_order(conn: Connection, sort: str, cursor: str) -> None:
    """F-A5"""
    answer = call("GET", "/tickets", query={"sort": sort, "cursor": cursor})
    assert (answer.status, pointers(answer)) == (400, ["cursor"])


def test_facets_count_the_tickets_of_the_list(conn: Connection) -> None:
    """F-A5"""
    for number in range(5):
        ticket_id, _ = arrange.accepted(conn, department="Sales" if number else "Legal")
        conn.execute(
            "UPDATE tickets SET priority = %s, needs_review = %s WHERE id = %s",
            ["high" if number % 2 else None, number > 2, ticket_id],
        )
    found = call("GET", "/tickets/facets", query={"department": "Sales"}).body
    assert found["total"] == len(listed(department="Sales")) == 4
    assert found["status"] == [{"value": "new", "n": 4}]
    assert {each["value"]: each["n"] for each in found["priority"]} == {None: 2, "high": 2}
    assert {each["value"]: each["n"] for each in found["needs_review"]} == {
        True: len(listed(department="Sales", needs_review="true")), False: 2
    }  # fmt: skip
    wrong = call("GET", "/tickets/facets", query={"status": "lost", "limit": "5"})
    assert (wrong.status, sorted(pointers(wrong))) == (400, ["limit", "status"])


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


@pytest.mark.parametrize(
    ("body", "q", "found"),
    [
        ("打印机无法打印。具体情况需要分析", "打印机", True),
        ("打印机无法打印。具体情况需要分析", "具体情况", True),
        ("打印机无法打印。具体情况需要分析", "机", True),
        ("打印机无法打印。具体情况需要分析", "析", True),
        ("打印机无法打印。具体情况需要分析", "键盘", False),
        ("打印机无法打印 in room 7", "打印机 room", True),
        ("打印机无法打印 in room 7", "打印机 roof", False),
        ("打印机无法打印 in room 7", "room -打印机", False),
        ("打印机无法打印 in room 7", "room -键盘", True),
        ("東京オフィスのプリンターが動きません", "プリンター", True),
        ("東京オフィスのﾌﾟﾘﾝﾀｰが動きません", "プリンター", True),
        ("회의실 프린터가 작동하지 않습니다", "프린터", True),
        ("เครื่องพิมพ์ไม่ทำงานตั้งแต่เช้า", "ไม่ทำงาน", True),
        ("Cafe\u0301 printer", "caf\u00e9", True),
        ("Caf\u00e9 printer", "cafe\u0301", True),
        ("ＶＰＮ　ｄｒｏｐｓ", "vpn", True),
        ("the vp\u200bn drops", "vpn", True),
        ("打印机", "'打印' | \\ & ! ( <-> :*", True),
        ("打印机", "''\\'键盘", False),
    ],
)
def test_words_are_searched_in_every_script(
    conn: Connection, body: str, q: str, found: bool
) -> None:
    """F-A5 F-G6: and nothing in a search is an operator."""
    ticket_id, _ = arrange.accepted(conn, subject="s", body=body)
    assert listed(q=q) == ([str(ticket_id)] if found else [])


@pytest.mark.parametrize("name", ["hardware", "HARDWARE", " Hardware", "Ｈａｒｄｗａｒｅ"])
def test_a_category_is_found_in_any_spelling(conn: Connection, name: str) -> None:
    """F-A5"""
    ticket_id, _ = arrange.accepted(conn)
    conn.execute("UPDATE tickets SET category = 'Hardware', request_type = 'Keyboard'")
    assert listed(category=name) == [str(ticket_id)]
    assert listed(request_type="keyBOARD") == [str(ticket_id)]
    assert listed(category="soft") == []


def test_a_long_body_is_kept_whole_and_found(conn: Connection) -> None:
    """F-A17"""
    body = "line of a log " * 7_000 + "the end"
    ticket_id, _ = arrange.accepted(conn, subject="s", body="needle " + body)
    assert listed(q="needle") == [str(ticket_id)]
    assert call("GET", f"/tickets/{ticket_id}").body["body"] == "needle " + body
    # As many different pairs as there can be must fit into what is searched.
    many = "".join(chr(0x4E00 + n % 20_000) + chr(0x4E00 + n * 7 % 19_997) for n in range(40_000))
    arrange.accepted(conn, subject="s", body=many)
    assert len(listed(q=many[:3])) == 1
