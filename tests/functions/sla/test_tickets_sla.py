"""GET /tickets/{id}/sla: the clock explained; and due times that move with what people do."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from deskhand.reference.clock import Clock
from deskhand.store.connection import Connection
from functions.create_ticket.handler import handler as create_ticket
from tests import arrange, clocks, journeys
from tests.functions.conftest import step_event
from tests.functions.gateway import call
from tests.functions.tickets.requests import patch

pytestmark = pytest.mark.usefixtures("aws")

HOUR = timedelta(hours=1)


def sla(ticket_id: UUID) -> dict[str, Any]:
    answer = call("GET", f"/tickets/{ticket_id}/sla")
    assert answer.status == 200
    Clock.model_validate(answer.body)
    body: dict[str, Any] = answer.body
    return body


@pytest.fixture
def running(conn: Connection) -> UUID:
    clocks.catalog(conn)
    return clocks.opened(conn)


def test_each_interval_is_explained(conn: Connection, running: UUID) -> None:
    """F-I6"""
    clocks.move_back(conn, running, 2 * HOUR)
    patch(running, {"status": "pending"}, "*")
    clocks.move_back(conn, running, 3 * HOUR)
    patch(running, {"status": "open"}, "*")
    clocks.move_back(conn, running, HOUR)
    told = sla(running)
    assert [(each["counted"], each["why"]) for each in told["intervals"]] == [
        (True, "around the clock"), (False, "paused: pending"), (True, "around the clock"),
    ]  # fmt: skip
    seconds = [round(each["seconds"] / 3600) for each in told["intervals"]]
    assert seconds == [2, 3, 1]
    assert told["clock"] == "running"
    assert told["resolution"]["state"] == "open"
    assert told["resolution"]["target_seconds"] == 8 * 3600
    counted = sum(each["seconds"] for each in told["intervals"] if each["counted"])
    assert told["resolution"]["elapsed_seconds"] == pytest.approx(counted)
    assert told["resolution"]["due_at"] == call("GET", f"/tickets/{running}").body["due_at"]
    assert [stage["level"] for stage in told["ahead"]] == [0, 1, 2]


def test_a_calendar_is_named_with_its_holidays(conn: Connection) -> None:
    """F-I6"""
    today = datetime.now(UTC).date().isoformat()
    week = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
    calendar = {
        "name": "office",
        "time_zone": "UTC",
        "hours": {day: ["00:00-24:00"] for day in week},
        "holidays": [{"date": today, "name": "Today"}],
    }
    clocks.catalog(conn, calendars=[calendar], calendar="office")
    ticket = clocks.opened(conn)
    clocks.move_back(conn, ticket, 24 * HOUR)
    told = sla(ticket)
    assert told["calendar"] == {"name": "office", "time_zone": "UTC"}
    assert (told["intervals"][-1]["why"], told["clock"]) == ("holiday: Today", "outside hours")


def test_a_pause_takes_the_due_time_away_and_gives_it_back(conn: Connection, running: UUID) -> None:
    """F-I6"""
    due = clocks.row(conn, running)["due_at"]
    paused = patch(running, {"status": "hold"}, "*").body
    assert (paused["due_at"], paused["escalate_at"]) == (None, None)
    assert sla(running)["clock"] == "paused"
    assert sla(running)["resolution"]["due_at"] is None
    clocks.move_back(conn, running, HOUR)
    patch(running, {"status": "open"}, "*")
    moved = clocks.row(conn, running)["due_at"] - due
    assert timedelta() <= moved < timedelta(minutes=1)  # an hour later, of an hour earlier


def test_solved_in_time_is_met_and_stays_so(conn: Connection, running: UUID) -> None:
    patch(running, {"status": "solved"}, "*")
    clocks.move_back(conn, running, 100 * HOUR)
    told = sla(running)
    assert (told["clock"], told["resolution"]["state"], told["ahead"]) == ("stopped", "met", [])
    assert clocks.row(conn, running)["due_at"] is not None


def test_late_is_breached_also_when_it_is_solved(conn: Connection, running: UUID) -> None:
    clocks.move_back(conn, running, 9 * HOUR)
    assert sla(running)["resolution"]["state"] == "breached"
    patch(running, {"status": "solved"}, "*")
    told = sla(running)["resolution"]
    assert told["state"] == "breached"
    assert told["remaining_seconds"] < 0


def test_the_first_response_is_the_first_move_of_a_person(conn: Connection) -> None:
    promise = {**clocks.EIGHT_HOURS, "first_response": {"unit": "hours", "value": 1}}
    clocks.catalog(conn, {"sla": promise})
    ticket = clocks.opened(conn)
    assert sla(ticket)["first_response"]["state"] == "open"
    patch(ticket, {"tags": ["seen"]}, "*")
    clocks.move_back(conn, ticket, 2 * HOUR)
    assert sla(ticket)["first_response"]["state"] == "breached"
    patch(ticket, {"assignee": "sam"}, "*")
    clocks.move_back(conn, ticket, -1.5 * HOUR)
    told = sla(ticket)["first_response"]
    assert (told["state"], told["responded_at"] is None) == ("breached", False)
    other = clocks.opened(conn)
    patch(other, {"status": "pending"}, "*")
    clocks.move_back(conn, other, 2 * HOUR)
    assert sla(other)["first_response"]["state"] == "met"


def test_a_priority_has_its_own_target(conn: Connection) -> None:
    """F-I6"""
    promise = {**clocks.EIGHT_HOURS, "by_priority": {"critical": {"unit": "hours", "value": 2}}}
    clocks.catalog(conn, {"sla": promise})
    ticket = clocks.opened(conn)
    patch(ticket, {"status": "hold"}, "*")
    clocks.move_back(conn, ticket, 5 * HOUR)
    patch(ticket, {"status": "open"}, "*")
    before = clocks.row(conn, ticket)["due_at"]
    after = patch(ticket, {"priority": "critical"}, "*").body
    assert before - clocks.row(conn, ticket)["due_at"] == 6 * HOUR
    trail = call("GET", f"/tickets/{ticket}/events").body["events"]
    assert trail[-1]["kind"] == "sla.due"
    assert trail[-1]["data"]["priority"] == "critical"
    assert datetime.fromisoformat(trail[-1]["data"]["new"]) == datetime.fromisoformat(
        after["due_at"]
    )


def test_nothing_promised_is_said(conn: Connection) -> None:
    """F-I4"""
    clocks.catalog(conn, {"sla": None})
    told = sla(clocks.opened(conn))
    assert (told["resolution"], told["first_response"], told["ahead"]) == (None, None, [])


def test_a_new_ticket_has_a_clock_already(conn: Connection) -> None:
    clocks.catalog(conn)
    ticket, _ = arrange.accepted(conn)
    told = sla(ticket)
    assert (told["reckoned"], told["resolution"], told["clock"]) == (False, None, "running")


def test_the_version_that_it_was_reckoned_by_is_kept(conn: Connection, running: UUID) -> None:
    """F-I6: until it is calculated again, the old promise is explained, not the new one."""
    version = sla(running)["catalog_version"]
    clocks.catalog(conn, {"sla": {"unit": "hours", "value": 1}})
    told = sla(running)
    assert (told["catalog_version"], told["resolution"]["target_seconds"]) == (version, 8 * 3600)


def test_it_is_not_found_for_strangers_and_unknown_ids(running: UUID) -> None:
    assert call("GET", "/tickets/00000000-0000-7000-8000-000000000000/sla").status == 404
    assert call("GET", "/tickets/x/sla").status == 400


def test_a_ticket_that_people_paused_before_triage_ended(conn: Connection) -> None:
    """F-I6: create_ticket calculates from the log, not from the moment it runs."""
    clocks.catalog(conn)
    ticket, run_id = arrange.accepted(conn)
    for name in ("validate_ticket", "classify"):
        journeys.step(conn, run_id, 1, name)
    assert patch(ticket, {"status": "pending"}, "*").body["due_at"] is None
    verdict = create_ticket(step_event("create_ticket", (ticket, run_id)), None)
    assert verdict["due_at"] is None
    assert clocks.row(conn, ticket)["due_at"] is None
    clocks.move_back(conn, ticket, 5 * HOUR)
    patch(ticket, {"status": "open"}, "*")
    row = clocks.row(conn, ticket)
    assert 12.9 * HOUR < row["due_at"] - row["created_at"] < 13.1 * HOUR


def office(conn: Connection, **request: Any) -> None:
    """Weekdays with a break; a holiday with a name and one without are in a week."""
    days = [(datetime.now(UTC) + timedelta(days=n)).date().isoformat() for n in (7, 8)]
    hours = ["08:00-12:00", "13:00-17:00"]
    week = ("monday", "tuesday", "wednesday", "thursday", "friday")
    calendar = {
        "name": "office",
        "time_zone": "Europe/Berlin",
        "hours": dict.fromkeys(week, hours),
        "holidays": [{"date": days[0], "name": "Founders' Day"}, {"date": days[1]}],
    }
    sla = {"unit": "hours", "value": 90}
    clocks.catalog(conn, {"sla": sla} | request, calendars=[calendar], calendar="office")


def test_the_time_until_it_is_due_is_listed_with_reasons(conn: Connection) -> None:
    """F-I6: nights, breaks, weekends, holidays by name, up to the due time and without gaps."""
    office(conn)
    told = sla(clocks.opened(conn))
    due_at = told["resolution"]["due_at"]
    ahead = told["intervals_ahead"]
    assert ahead[0]["from"] == told["as_of"]
    assert (ahead[-1]["to"], ahead[-1]["counted"]) == (due_at, True)
    assert all(one["to"] == other["from"] for one, other in pairwise(ahead))
    counted = sum(each["seconds"] for each in ahead if each["counted"])
    assert counted == pytest.approx(told["resolution"]["remaining_seconds"])
    reasons = {each["why"]: each["counted"] for each in ahead}
    expected = {"working hours", "outside working hours", "break", "weekend"}
    assert expected <= set(reasons) <= expected | {"holiday: Founders' Day", "holiday"}
    assert [why for why, counts in reasons.items() if counts] == ["working hours"]
    workdays = sum((datetime.now(UTC) + timedelta(days=n)).weekday() < 5 for n in (7, 8))
    assert len([why for why in reasons if why.startswith("holiday")]) >= min(workdays, 1)
    assert told["intervals_complete"]
    assert sum(each["seconds"] for each in told["intervals"]) < 60


def test_one_sentence_says_it_all(conn: Connection) -> None:
    """F-I6"""
    office(conn)
    ticket = clocks.opened(conn)
    told = sla(ticket)
    due_at = datetime.fromisoformat(told["resolution"]["due_at"]).astimezone(
        ZoneInfo("Europe/Berlin")
    )
    assert told["sentence"].startswith(
        f"Due on {due_at:%A %Y-%m-%d at %H:%M} (Europe/Berlin): 90 hours for Network / VPN access,"
        " of which 0 min has passed; not counted until then: "
    )
    patch(ticket, {"status": "pending"}, "*")
    told = sla(ticket)
    start = "No due time while the status is pending: the clock stands, and "
    left = " of 90 hours for Network / VPN access is left when it goes on."
    assert told["sentence"].startswith(start)
    assert told["sentence"].endswith(left)
    # Outside working hours no time has passed meanwhile.
    assert told["sentence"][len(start) : -len(left)] in ("90 h 0 min", "89 h 59 min")
    assert told["intervals_ahead"] == []


def test_the_sentence_of_late_finished_and_unpromised_tickets(
    conn: Connection, running: UUID
) -> None:
    """F-I6"""
    clocks.move_back(conn, running, 9.5 * HOUR)
    told = sla(running)
    assert told["sentence"].startswith("Overdue since ")
    assert told["sentence"].endswith(
        " (UTC): 8 hours for Network / VPN access, and 1 h 30 min of counted time more."
    )
    assert told["intervals_ahead"] == []
    patch(running, {"status": "solved"}, "*")
    told = sla(running)
    assert told["sentence"] == "Late: solved after 9 h 30 min of 8 hours for Network / VPN access."
    assert told["intervals_ahead"] == []
    in_time = clocks.opened(conn)
    patch(in_time, {"status": "solved"}, "*")
    assert sla(in_time)["sentence"].startswith("In time: solved after 0 min of 8 hours for")
    clocks.catalog(conn, {"sla": None})
    unpromised = sla(clocks.opened(conn))
    assert unpromised["sentence"] == "Nothing is promised, so there is no due time."
    assert (unpromised["rule"], unpromised["intervals_ahead"]) == (None, [])


def test_the_rule_that_gave_the_target_is_named(conn: Connection) -> None:
    """F-I6: the whole type's, or that of a priority."""
    clocks.catalog(
        conn,
        {"sla": {**clocks.EIGHT_HOURS, "by_priority": {"critical": {"unit": "hours", "value": 1}}}},
    )
    ticket = clocks.opened(conn)
    named = {"category": "Network", "request_type": "VPN access"}
    assert sla(ticket)["rule"] == {**named, "priority": None, "unit": "hours", "value": 8}
    patch(ticket, {"priority": "critical"}, "*")
    told = sla(ticket)
    assert told["rule"] == {**named, "priority": "critical", "unit": "hours", "value": 1}
    assert ": 1 hour for Network / VPN access with priority critical, of" in told["sentence"]


def test_a_promise_of_years_lists_the_next_intervals_only(conn: Connection) -> None:
    """F-I6: an answer has an end."""
    office(conn, sla={"unit": "days", "value": 2500})
    told = sla(clocks.opened(conn))
    assert (len(told["intervals_ahead"]), told["intervals_complete"]) == (1000, False)
    assert told["intervals_ahead"][-1]["to"] < told["resolution"]["due_at"]
