"""Warnings before due times and escalations after them: each stage of each ticket once."""

import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest

from deskhand.escalation import escalate
from deskhand.operations.due_times import wrong_due_times
from deskhand.operations.verify import check_invariants
from deskhand.store import escalations
from deskhand.store.connection import Connection, open_connection
from functions.escalate.handler import handler
from tests import clocks
from tests.functions.conftest import event
from tests.functions.gateway import call
from tests.functions.tickets.requests import patch

HOUR = timedelta(hours=1)
SECOND = timedelta(seconds=1)

pytestmark = pytest.mark.usefixtures("aws")


@pytest.fixture
def late(conn: Connection) -> UUID:
    """A ticket of which nobody was warned, and which is not due yet."""
    clocks.catalog(conn)
    return clocks.opened(conn)


def run() -> dict[str, int]:
    return handler(event("escalate"), None)


def test_nothing_happens_without_a_catalog(conn: Connection) -> None:
    assert run() == {"reckoned": 0, "warned": 0, "escalated": 0}


@pytest.mark.parametrize(
    ("age", "reached"),
    [
        (6 * HOUR - 9 * SECOND, []),
        (6 * HOUR + SECOND, [0]),
        (8 * HOUR - 9 * SECOND, [0]),
        (8 * HOUR + SECOND, [1]),
        (9 * HOUR + SECOND, [1, 2]),
    ],
)
def test_each_stage_comes_at_its_time(
    conn: Connection, late: UUID, age: timedelta, reached: list[int]
) -> None:
    """F-I7: 75 % of eight hours, the due time, and an hour after it."""
    clocks.move_back(conn, late, age)
    run()
    assert clocks.levels(conn) == [(late, level) for level in reached]


def test_each_stage_comes_once(conn: Connection, late: UUID) -> None:
    """F-I7"""
    for hours, counted in ((7, (1, 0)), (2, (0, 2)), (100, (0, 0))):
        clocks.move_back(conn, late, hours * HOUR)
        done = run()
        assert (done["warned"], done["escalated"]) == counted
        assert run() == {"reckoned": 0, "warned": 0, "escalated": 0}
    assert clocks.levels(conn) == [(late, 0), (late, 1), (late, 2)]
    assert clocks.row(conn, late)["escalation_level"] == 2
    kinds = [each["kind"] for each in call("GET", f"/tickets/{late}/events").body["events"]]
    assert (kinds.count("sla.warned"), kinds.count("sla.escalated")) == (1, 2)


def test_each_stage_owes_its_notices(conn: Connection, late: UUID) -> None:
    """F-I7"""
    clocks.move_back(conn, late, 7 * HOUR)
    run()
    clocks.move_back(conn, late, 3 * HOUR)
    run()
    owed = conn.execute("SELECT level, recipient, content FROM notices ORDER BY 1, 2").fetchall()
    assert [(each["level"], each["recipient"]) for each in owed] == [
        (0, "topic"), (1, "mailto:duty@example.com"), (1, "topic"), (2, "topic"),
    ]  # fmt: skip
    content = owed[0]["content"]
    assert (content["title"], content["priority"], content["route"]) == ("VPN", "high", None)


def test_a_level_may_raise_the_priority(conn: Connection, late: UUID) -> None:
    """F-I7 F-A9"""
    clocks.move_back(conn, late, 10 * HOUR)
    run()
    row = clocks.row(conn, late)
    assert (row["priority"], row["title"]) == ("critical", "[P1][NETWORK] The VPN disconnects.")
    assert row["priority_inputs"][-1] == {
        "name": "escalation", "priority": "critical", "level": 2
    }  # fmt: skip
    changed = conn.execute(
        "SELECT actor, data FROM events WHERE kind = 'ticket.updated'"
    ).fetchall()
    assert changed == [
        {"actor": "escalate", "data": {"changes": {"priority": {"old": "high", "new": "critical"}}}}
    ]


def test_a_priority_that_people_set_stays(conn: Connection, late: UUID) -> None:
    """F-C7"""
    patch(late, {"priority": "low"}, "*")
    clocks.move_back(conn, late, 10 * HOUR)
    run()
    assert clocks.row(conn, late)["priority"] == "low"
    assert clocks.row(conn, late)["escalation_level"] == 2


@pytest.mark.parametrize("status", ["solved", "closed"])
def test_what_is_done_does_not_escalate(conn: Connection, late: UUID, status: str) -> None:
    """F-I7"""
    patch(late, {"status": status}, "*")
    clocks.move_back(conn, late, 100 * HOUR)
    assert run() == {"reckoned": 0, "warned": 0, "escalated": 0}


@pytest.mark.parametrize("status", ["pending", "hold"])
def test_what_waits_does_not_escalate(conn: Connection, late: UUID, status: str) -> None:
    """F-I6 F-I7"""
    patch(late, {"status": status}, "*")
    clocks.move_back(conn, late, 100 * HOUR)
    assert run() == {"reckoned": 0, "warned": 0, "escalated": 0}
    patch(late, {"status": "open"}, "*")
    clocks.move_back(conn, late, 6 * HOUR + SECOND)
    assert run()["warned"] == 1


def test_a_breach_that_nobody_had_seen_yet_escalates_on_hold_too(
    conn: Connection, late: UUID
) -> None:
    clocks.move_back(conn, late, 8 * HOUR + SECOND)
    patch(late, {"status": "hold"}, "*")
    assert run()["escalated"] == 1
    clocks.move_back(conn, late, 100 * HOUR)
    assert run()["escalated"] == 0


def test_a_reopened_ticket_goes_on_where_it_was(conn: Connection, late: UUID) -> None:
    """F-I7"""
    clocks.move_back(conn, late, 7 * HOUR)
    assert run()["warned"] == 1
    patch(late, {"status": "solved"}, "*")
    clocks.move_back(conn, late, 100 * HOUR)
    patch(late, {"status": "open"}, "*")
    assert run() == {"reckoned": 0, "warned": 0, "escalated": 0}
    clocks.move_back(conn, late, HOUR + SECOND)
    assert run()["escalated"] == 1


def test_an_edit_does_not_reset_the_clock(conn: Connection, late: UUID) -> None:
    """F-I7"""
    before = clocks.row(conn, late)
    for body in ({"subject": "Other"}, {"tags": ["a"]}, {"assignee": "sam"}, {"priority": "low"}):
        patch(late, body, "*")
    after = clocks.row(conn, late)
    assert (after["due_at"], after["escalate_at"]) == (before["due_at"], before["escalate_at"])
    clocks.move_back(conn, late, 8 * HOUR + SECOND)
    run()
    patch(late, {"body": "New words."}, "*")
    run()
    assert clocks.levels(conn) == [(late, 1)]


def test_a_stage_does_not_come_again_when_the_due_time_moves(conn: Connection, late: UUID) -> None:
    """F-I7: once per level, also when a higher target puts the breach off."""
    clocks.move_back(conn, late, 8 * HOUR + SECOND)
    assert run()["escalated"] == 1
    clocks.catalog(conn, {"sla": {"unit": "hours", "value": 20}})
    assert run() == {"reckoned": 1, "warned": 0, "escalated": 0}
    clocks.move_back(conn, late, 13 * HOUR)
    assert run()["escalated"] == 1
    assert clocks.levels(conn) == [(late, 1), (late, 2)]


def test_a_new_catalog_reckons_every_open_ticket_anew(conn: Connection) -> None:
    """F-I6: pauses that the old one granted stay."""
    clocks.catalog(conn)
    tickets = [clocks.opened(conn) for _ in range(3)]
    patch(tickets[0], {"status": "hold"}, "*")
    clocks.move_back(conn, tickets[0], 2 * HOUR)
    patch(tickets[0], {"status": "open"}, "*")
    old = {each: clocks.row(conn, each) for each in tickets}
    made = clocks.catalog(conn, {"sla": {"unit": "hours", "value": 20}, "pause_on": []})
    assert run()["reckoned"] == 3
    for each in tickets:
        new = clocks.row(conn, each)
        assert new["due_at"] - old[each]["due_at"] == 12 * HOUR
        assert (new["sla_version"], new["version"]) == (made.version, old[each]["version"] + 1)
    assert run()["reckoned"] == 0


def test_a_policy_that_ends_a_pause_is_replayed_to_the_microsecond(
    conn: Connection, late: UUID
) -> None:
    """F-I6: its event bears the moment that the due time was calculated for."""
    patch(late, {"status": "hold"}, "*")
    clocks.move_back(conn, late, 2 * HOUR)
    clocks.catalog(conn, {"pause_on": []})
    assert run()["reckoned"] == 1
    row = clocks.row(conn, late)
    assert 9.9 * HOUR < row["due_at"] - row["created_at"] < 10.1 * HOUR
    assert wrong_due_times(conn).ids == []


def test_a_type_that_is_gone_promises_nothing_any_more(conn: Connection, late: UUID) -> None:
    clocks.catalog(conn, {"name": "Something else"})
    run()
    row = clocks.row(conn, late)
    assert (row["due_at"], row["escalate_at"]) == (None, None)


def test_an_overtaken_triage_is_reckoned_later(conn: Connection, late: UUID) -> None:
    """A run that classified anew and failed then leaves no due time of another type."""
    conn.execute("UPDATE tickets SET request_type = 'Gone', sla_version = NULL")
    assert run()["reckoned"] == 1
    assert clocks.row(conn, late)["due_at"] is None


def test_a_catalog_without_levels_only_warns(conn: Connection) -> None:
    clocks.catalog(conn, escalation={"levels": []})
    clocks.move_back(conn, clocks.opened(conn), 7 * HOUR)
    assert run() == {"reckoned": 0, "warned": 1, "escalated": 0}


def test_0_minutes_are_a_breach_at_once(conn: Connection) -> None:
    """F-I5 F-I7"""
    clocks.catalog(conn, {"sla": {"unit": "minutes", "value": 0}})
    ticket = clocks.opened(conn)
    assert run() == {"reckoned": 0, "warned": 0, "escalated": 1}
    assert clocks.levels(conn) == [(ticket, 1)]


def test_two_runs_at_once_escalate_once(database: str, conn: Connection) -> None:
    """F-I7"""
    clocks.catalog(conn)
    tickets = [clocks.opened(conn) for _ in range(12)]
    for each in tickets:
        clocks.move_back(conn, each, 10 * HOUR)

    def advance(_: int) -> dict[str, int]:
        with open_connection(database) as own:
            return escalate.advance_all(own, time.monotonic() + 30)

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(advance, range(4)))
    assert sum(each["escalated"] for each in done) == 24
    assert clocks.levels(conn) == [(each, level) for each in sorted(tickets) for level in (1, 2)]
    assert check_invariants(conn, at_rest=False)["broken"] == []


class Killed(Exception):
    """Stands for the end of the process."""


def test_killed_between_any_two_statements_it_has_done_all_or_nothing(
    conn: Connection, late: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-I7: state and notices agree, and the next run escalates what the killed one did not."""
    clocks.move_back(conn, late, 10 * HOUR)
    statements = 0
    while not finished(statements, monkeypatch):
        statements += 1
        assert check_invariants(conn, at_rest=False)["broken"] == []
    assert statements > 5
    assert clocks.levels(conn) == [(late, 1), (late, 2)]
    owed = conn.execute("SELECT count(*) AS n FROM notices").fetchone()
    assert owed == {"n": 3}


def finished(statements: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether a run came to its end that is killed after so many statements."""
    real, left = psycopg.Connection.execute, iter(range(statements))

    def execute(self: Connection, *arguments: Any, **named: Any) -> Any:
        if next(left, None) is None:
            raise Killed
        return real(self, *arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(psycopg.Connection, "execute", execute)
        try:
            run()
        except Killed:
            return False
    return True


def test_a_killed_process_leaves_nothing_half_done(
    database: str, conn: Connection, late: UUID
) -> None:
    """F-I7: really killed, inside the transaction, after the stage was written."""
    clocks.move_back(conn, late, 10 * HOUR)
    program = """
import os, signal
from deskhand.store import escalations
from deskhand.escalation import escalate
real = escalations.record
def record(conn, reached):
    real(conn, reached)
    os.kill(os.getpid(), signal.SIGKILL)
escalations.record = record
escalate.escalate_due()
"""
    killed = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONPATH": "layers/deskhand", "DATABASE_URL": database},
        check=False,
    )
    assert killed.returncode == -9
    assert clocks.levels(conn) == []
    assert run()["escalated"] == 2


def test_a_deleted_ticket_takes_its_notices_along(conn: Connection, late: UUID) -> None:
    clocks.move_back(conn, late, 10 * HOUR)
    run()
    assert call("DELETE", f"/tickets/{late}").status == 204
    assert escalations.of_ticket(conn, late) == []
    assert conn.execute("SELECT FROM notices").fetchone() is None
    assert check_invariants(conn, at_rest=False)["broken"] == []


def test_escalated_tickets_can_be_listed(conn: Connection, late: UUID) -> None:
    """F-A5"""
    other = clocks.opened(conn)
    clocks.move_back(conn, late, 10 * HOUR)
    run()
    for value, wanted in (("true", late), ("false", other)):
        page = call("GET", "/tickets", query={"escalated": value}).body
        assert [each["id"] for each in page["tickets"]] == [str(wanted)]
