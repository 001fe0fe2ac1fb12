"""A list has the same tickets whatever way its pages are found."""

import itertools
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from psycopg.sql import SQL

from deskhand.store import ticket_lists
from deskhand.store.connection import Connection
from deskhand.store.ticket_filter import Filter, condition
from deskhand.store.ticket_lists import ORDERS, Cursor

FILTERS: dict[str, dict[str, Any]] = {
    "kind": {"kind": ("incident",)},
    "status": {"status": ("open",)},
    "statuses": {"status": ("open", "hold")},
    "priority": {"priority": ("critical",)},
    "category": {"category": (" NETWORK",)},
    "request_type": {"request_type": ("vpn",)},
    "request_types": {"request_type": ("VPN", "mail")},
    "tag": {"tag": ("rare",)},
    "needs_review": {"needs_review": True},
    "not escalated": {"escalated": False},
    "created_to": {"created_to": datetime(2026, 1, 1, 4, tzinfo=UTC)},
    "workflow_status": {"workflow_status": ("FAILED",)},
    "q": {"q": "printer"},
    "q, often": {"q": "stopped"},
}
PAIRS = [
    {**FILTERS[a], **FILTERS[b]}
    for a, b in itertools.combinations(FILTERS, 2)
    if not FILTERS[a].keys() & FILTERS[b].keys()
]
COUNT = 300
# Columns depend on each other, so that some pairs fit nothing and some fit old tickets only.
DEPENDENT = """
    INSERT INTO tickets (id, kind, caller, subject, body, status, category, request_type, priority,
        tags, needs_review, confidence, due_at, escalation_level, title, created_at, updated_at)
    SELECT (lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '70008'
               || lpad(to_hex(n), 15, '0'))::uuid,
           CASE WHEN n % 5 = 0 THEN 'incident' ELSE 'ticket' END, 'c', 'It stopped',
           CASE WHEN n % 7 = 0 THEN 'printer' WHEN n < 90 THEN 'laptop' ELSE 'printer jam' END,
           CASE WHEN n > 250 THEN 'open' WHEN n % 9 = 0 THEN 'hold' ELSE 'closed' END,
           CASE WHEN n < 150 THEN 'Network' ELSE 'Hardware' END,
           (ARRAY['VPN', 'Mail', 'Mouse'])[1 + n % 3],
           (ARRAY['low', 'medium', 'critical', 'high', 'medium'])[1 + n % 5],
           CASE WHEN n % 20 = 3 THEN ARRAY['rare'] ELSE '{}' END, n % 10 = 2,
           CASE WHEN n % 4 > 0 THEN (n * 37 % 11) / 11.0 END,
           CASE WHEN n % 6 > 0 THEN at + n * 31 % 17 * interval '1 hour' END, (n % 8 = 1)::int,
           't', at, at
    FROM generate_series(1, 300) AS n,
         LATERAL (SELECT timestamptz '2026-01-01 00:00Z' + n * interval '1 minute' AS at) AS moment
"""
WORDS = "UPDATE tickets SET search = words_of(subject, body), search_version = 1"
RUNS = """
    INSERT INTO runs (ticket_id, request_id, status, started_at, finished_at, error)
    SELECT id, 'r', CASE WHEN needs_review THEN 'FAILED' ELSE 'COMPLETED' END, created_at,
           created_at, CASE WHEN needs_review THEN 'Broken' END FROM tickets
"""


@pytest.fixture(autouse=True)
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    """All ways are gone: the first tickets, those that an index of words names, all."""
    for name, tickets in {"_NEAR": 60, "_NEAR_LABELS": 20, "_NEAR_WORDS": 5}.items():
        monkeypatch.setattr(ticket_lists, name, tickets)


def dependent(conn: Connection) -> None:
    conn.execute(DEPENDENT)
    conn.execute(WORDS)
    conn.execute(RUNS)
    conn.execute("ANALYZE tickets, runs")


def of_list(conn: Connection, wanted: Filter, sort: str) -> list[UUID]:
    """All tickets of the list, by one statement."""
    where, values = condition(wanted)
    query = SQL("SELECT t.id FROM tickets t WHERE " + where + " ORDER BY " + ORDERS[sort].by)  # noqa: S608 - ours
    return [row["id"] for row in conn.execute(query, values)]


def by_pages(conn: Connection, wanted: Filter, sort: str) -> list[UUID]:
    found: list[UUID] = []
    before: Cursor | None = None
    while page := ticket_lists.page(conn, wanted, before, 20, sort=sort):
        found += [row["id"] for row in page]
        before = ticket_lists.cursor_of(page[-1], sort)
    return found


def test_pages_have_the_tickets_of_the_list_in_its_order(conn: Connection) -> None:
    """F-A5: each filter in each order, and each pair of filters."""
    dependent(conn)
    asked = [(each, sort) for each in FILTERS.values() for sort in ORDERS]
    asked += [(each, sort) for each in PAIRS for sort in ("newest", "due")]
    empty = 0
    for each, sort in asked:
        wanted = Filter(**each)
        expected = of_list(conn, wanted, sort)
        assert by_pages(conn, wanted, sort) == expected, (each, sort)
        empty += not expected
    assert 0 < empty < len(asked) / 2


def test_who_reads_a_whole_list_gets_the_same(conn: Connection) -> None:
    """F-L3"""
    dependent(conn)
    wanted = Filter(category=("network",), tag=("rare",))
    first = ticket_lists.following(conn, wanted, None, 4)
    second = ticket_lists.following(conn, wanted, ticket_lists.cursor_of(first[-1], "newest"), 9)
    found = [row["id"] for row in (*first, *second)]
    assert found == of_list(conn, wanted, "newest")


@pytest.mark.parametrize("each", [{}, FILTERS["kind"], FILTERS["tag"], PAIRS[0]])
def test_many_tickets_are_counted_in_part(
    conn: Connection, monkeypatch: pytest.MonkeyPatch, each: dict[str, Any]
) -> None:
    """F-A5: it says so, and a settled order counts the newest."""
    dependent(conn)
    wanted = Filter(**each)
    count = len(of_list(conn, wanted, "newest"))
    whole = ticket_lists.facets(conn, wanted)
    assert (whole["total"], whole["complete"]) == (count, True)
    if count > 10:
        monkeypatch.setattr(ticket_lists, "MOST_COUNTED", 10)
        part = ticket_lists.facets(conn, wanted)
        assert (part["total"], part["complete"]) == (10, False)
        assert sum(value["n"] for value in part["status"]) == 10


def test_the_newest_are_counted(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-A5"""
    dependent(conn)
    monkeypatch.setattr(ticket_lists, "MOST_COUNTED", 50)
    assert ticket_lists.facets(conn, Filter())["status"] == [{"value": "open", "n": 50}]
