"""Lists are answered from indexes."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from deskhand.store import ticket_lists
from deskhand.store.connection import Connection
from deskhand.store.ticket_filter import Filter, by_attributes, conditions
from deskhand.store.ticket_lists import Cursor
from deskhand.uuid7 import uuid7
from tests import arrange


class Explaining:
    """A connection that keeps the plan of each query."""

    def __init__(self, conn: Connection) -> None:
        self.conn = conn
        self.transaction = conn.transaction
        self.plans: list[str] = []

    def execute(self, query: Any, parameters: Any) -> Any:
        self.plans += [
            row["QUERY PLAN"] for row in self.conn.execute("EXPLAIN " + query, parameters)
        ]
        return self.conn.execute(query, parameters)


def plan(conn: Connection, wanted: Filter, before: Cursor | None = None, **more: Any) -> str:
    """The plans of all queries of a page."""
    asking: Any = Explaining(conn)
    ticket_lists.page(asking, wanted, before, 21, **more)
    return "\n".join(asking.plans)


def many(conn: Connection) -> None:
    """Enough tickets for an index to be worth its while."""
    arrange.accepted(conn, subject="xylophone")
    conn.execute(
        """
        WITH made AS (
            INSERT INTO tickets (id, kind, caller, subject, body, assignee, search, search_version)
            SELECT gen_random_uuid(), 'ticket', 'c' || n % 500, 'subject ' || n, said, 'a' || n,
                   words_of('subject ' || n, said), 1
            FROM generate_series(1, 3000) AS n,
                 LATERAL (SELECT CASE n % 20 WHEN 0 THEN 'zither' ELSE 'body' END AS said) AS each
            RETURNING id
        )
        INSERT INTO runs (ticket_id, request_id) SELECT id, 'r' FROM made
        """
    )
    conn.execute("ANALYZE tickets, runs")


def test_search_uses_the_index_of_its_expression(conn: Connection) -> None:
    """F-A5: also where the next twenty tickets are likely to say the word."""
    many(conn)
    for word in ("xylophone", "zither"):
        assert "Bitmap Index Scan on tickets_search" in plan(conn, Filter(q=word))
    assert len(ticket_lists.page(conn, Filter(q="xylophone"), None, 21)) == 1
    conn.execute("SET enable_seqscan = off")
    assert "tickets_search" not in plan(conn, Filter(status=("open",)))


def test_what_most_tickets_say_is_read_from_the_newest_on(conn: Connection) -> None:
    """F-A5: the index would name them all."""
    many(conn)
    assert "Index Scan Backward using tickets_pkey" in plan(conn, Filter(q="subject"))


def test_filters_use_theirs_and_open_ones_are_not_in_the_query(conn: Connection) -> None:
    """F-A5 F-A8"""
    many(conn)
    conn.execute("SET enable_seqscan = off")
    assert "tickets_by_assignee" in plan(conn, Filter(assignee=("a7",)))
    assert "tickets_of_a_caller" in plan(conn, Filter(), owner="c7")
    assert "tickets_of_failed_runs" in plan(conn, Filter(workflow_status=("FAILED",)))
    newest = plan(conn, Filter())
    assert "tickets_pkey" in newest
    assert "Filter" not in newest


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (Filter(kind=("incident",)), "tickets_by_kind"),
        (Filter(channel=("mail",)), "tickets_by_channel"),
        (Filter(status=("hold",)), "tickets_by_status"),
        (Filter(priority=("critical",)), "tickets_by_priority"),
        (Filter(category=("Network",)), "tickets_by_category"),
        (Filter(request_type=("VPN",)), "tickets_by_request_type"),
        (Filter(department=("Sales",)), "tickets_by_department"),
        (Filter(tag=("rare",)), "tickets_by_attributes"),
        (Filter(customer_id=("c-1",)), "tickets_of_a_customer"),
        (Filter(needs_review=True), "tickets_to_review"),
        (Filter(duplicate=True), "duplicates"),
        (Filter(duplicate_of=uuid7()), "duplicates"),
        (Filter(escalated=True), "tickets_escalated"),
        (Filter(created_from=datetime(2020, 1, 1, tzinfo=UTC)), "tickets_pkey"),
    ],
)
def test_each_filter_has_its_index(conn: Connection, wanted: Filter, index: str) -> None:
    """F-A5 F-L1"""
    many(conn)
    conn.execute("SET enable_seqscan = off")
    found = plan(conn, wanted)
    assert f" {index} " in found, found
    assert "Seq Scan" not in found


def test_several_filters_are_one_search_of_one_index(conn: Connection) -> None:
    """F-A5: tickets that fit some of them only are not read."""
    many(conn)
    conn.execute("UPDATE tickets SET category = 'Network' WHERE subject LIKE '%7'")
    wanted = Filter(
        status=("open", "new"), channel=("api",), category=("network",), tag=("rare",),
        needs_review=True,
    )  # fmt: skip
    found = plan(conn, wanted).split("CTE t")[-1].split("Sort")[0]
    assert re.findall(r"Index Scan on (\w+)", found) == ["tickets_by_attributes"], found
    assert "Filter" not in found and "BitmapAnd" not in found


ODD = (
    "Network",
    "NETWORK ",
    "N\u0435twork",
    "a=b",
    "it's",
    "back\\slash",
    "{x}",
    "NULL",
    "a,b",
    '"',
    "é",
    "≠",
)


def test_the_index_of_attributes_knows_what_the_conditions_say(conn: Connection) -> None:
    """F-A5: for each filter and each value, also with characters that mean something in SQL."""
    for n, value in enumerate(ODD):
        run = arrange.accepted(conn, subject=f"ticket {n}", tags=[value, "all"], department=value)
        conn.execute(
            "UPDATE tickets SET category = %(v)s, request_type = %(v)s, assignee = %(v)s,"
            " channel = %(v)s, needs_review = %(odd)s, escalation_level = %(n)s WHERE id = %(id)s",
            {"v": value, "odd": n % 2 == 1, "n": n % 3, "id": run[0]},
        )
    names = ("category", "request_type", "department", "tag", "assignee", "channel")
    values = [found for one in ODD for found in ((one,), (one, "x"))]
    flags = ("needs_review", "escalated", "duplicate")
    one_filter: list[dict[str, Any]] = [
        *({name: value} for name in names for value in values),
        *({flag: value} for flag in flags for value in (True, False)),
    ]
    asked = [
        *(Filter(**given) for given in one_filter),
        Filter(tag=("all",), status=("new", "open"), needs_review=True, category=("network",)),
        Filter(tag=("all", "é"), kind=("ticket",), priority=("low",)),
    ]
    answers = []
    for wanted in asked:
        answers.append(ids(conn, *conditions(wanted)))
        assert ids(conn, *by_attributes(wanted)) == answers[-1], wanted
    assert sum(map(len, answers)) > len(ODD) * len(names)


def ids(conn: Connection, parts: dict[str, Any], values: dict[str, Any]) -> set[Any]:
    """The tickets that fit the conditions."""
    query: Any = f"SELECT t.id FROM tickets t WHERE {' AND '.join(parts.values())}"  # noqa: S608 - ours
    return {row["id"] for row in conn.execute(query, values)}


@pytest.mark.parametrize(
    ("sort", "index"),
    [("age", "tickets_pkey"), ("due", "tickets_by_due_time"),
     ("confidence", "tickets_by_confidence")],
)  # fmt: skip
def test_each_order_has_its_index(conn: Connection, sort: str, index: str) -> None:
    """F-A5"""
    many(conn)
    found = plan(conn, Filter(), sort=sort)
    assert f"using {index}" in found and "Sort" not in found


@pytest.mark.parametrize("sort", ["due", "confidence"])
def test_open_tickets_have_an_index_of_each_order(conn: Connection, sort: str) -> None:
    """F-A5: read in one statement, and not sorted."""
    many(conn)
    conn.execute("UPDATE tickets SET status = 'open', title = 't'")
    conn.execute("ANALYZE tickets")
    found = plan(conn, Filter(status=("open", "hold")), sort=sort)
    assert f"using open_tickets_by_{'due_time' if sort == 'due' else sort}" in found
    assert "Sort" not in found
