"""CreateTicket: title, route, due time, and the run is complete."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from deskhand.api.caller import Caller
from deskhand.store import steps
from deskhand.store.connection import Connection
from deskhand.store.steps import Outcome
from deskhand.tickets import presentation
from deskhand.tickets.edit import Condition, Edit, edit_ticket
from functions.create_ticket.handler import handler
from tests import arrange, clocks, journeys
from tests.functions.conftest import step_event
from tests.patience import wait_for_lock

pytestmark = pytest.mark.usefixtures("catalog")


def classified(
    conn: Connection, request_type: str = "VPN access", category: str = "Network"
) -> tuple[UUID, int]:
    run = arrange.accepted(conn)
    conn.execute(
        "UPDATE tickets SET category = %s, request_type = %s, priority = 'critical', summary = 'S'",
        [category, request_type],
    )
    return run


def ticket(conn: Connection) -> dict[str, object]:
    row = conn.execute("SELECT *, due_at - created_at AS promised FROM tickets").fetchone()
    assert row is not None
    return row


def test_the_ticket_is_open_for_people(conn: Connection) -> None:
    """F-D9"""
    verdict = handler(step_event("create_ticket", classified(conn)), None)
    stored = ticket(conn)
    assert (stored["title"], stored["status"]) == ("[P1][NETWORK] S", "open")
    assert stored["promised"] == timedelta(hours=8)
    assert verdict["due_at"] == stored["due_at"].isoformat()  # type: ignore[attr-defined]
    assert verdict["route"] == "network-team"
    assert verdict["degraded"] == stored["degraded"]
    assert conn.execute("SELECT status FROM runs").fetchone() == {"status": "COMPLETED"}


def test_a_type_without_promise_has_no_due_time(conn: Connection) -> None:
    """F-I4"""
    handler(step_event("create_ticket", classified(conn, "Monitor", "Workplace")), None)
    stored = ticket(conn)
    assert (stored["title"], stored["due_at"], stored["route"]) == ("[P1][WORKPLACE] S", None, None)


def test_a_type_that_left_the_catalog_still_gets_its_ticket(conn: Connection) -> None:
    handler(step_event("create_ticket", classified(conn, "Gone", "Also gone")), None)
    assert ticket(conn)["title"] == "[P1][ALSO GONE] S"


def test_twice_is_once(conn: Connection) -> None:
    """F-B7"""
    run = classified(conn)
    assert handler(step_event("create_ticket", run), None) == handler(
        step_event("create_ticket", run), None
    )
    ended = conn.execute("SELECT count(*) AS n FROM events WHERE kind = 'run.completed'").fetchone()
    assert ended == {"n": 1}


def test_a_ticket_that_people_moved_keeps_its_status(conn: Connection) -> None:
    run = classified(conn)
    conn.execute("UPDATE tickets SET status = 'hold', title = 'by hand'")
    handler(step_event("create_ticket", run), None)
    assert ticket(conn)["status"] == "hold"
    assert conn.execute("SELECT FROM events WHERE kind = 'ticket.status'").fetchone() is None


def test_a_twin_that_waited_for_the_end_gets_the_stored_verdict(
    database: str, conn: Connection
) -> None:
    """F-B7"""
    run = classified(conn)
    steps.open_step(conn, run[1], 1, "create_ticket", 0)
    with ThreadPoolExecutor() as pool:
        with conn.transaction():
            ending = Outcome({"route": "first"}, completes=True)
            steps.close_step(conn, run[1], 1, "create_ticket", 0, ending, 0.1)
            twin = pool.submit(handler, step_event("create_ticket", run), None)
            wait_for_lock(conn)
        assert twin.result() == {"route": "first"}


def test_a_pause_that_comes_while_it_is_at_work_is_reckoned_with(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-I6: the due time is that of the moment at which it is stored."""
    run = classified(conn)

    def overtaken(*arguments: Any) -> presentation.Presentation:
        edit_ticket(conn, run[0], Caller("sam", "agent"), Edit(status="hold"), Condition())
        return presentation.presentation_of(*arguments)

    monkeypatch.setattr("functions.create_ticket.handler.presentation_of", overtaken)
    assert handler(step_event("create_ticket", run), None)["due_at"] is None
    assert ticket(conn)["due_at"] is None


def test_a_policy_that_no_longer_pauses_ends_the_pause_now(conn: Connection) -> None:
    """F-I6"""
    clocks.catalog(conn, {"pause_on": ["hold"]})
    ticket_id = clocks.opened(conn)
    edit = Edit(status="hold")
    edit_ticket(conn, ticket_id, Caller("sam", "agent"), edit, Condition())
    clocks.catalog(conn, {"pause_on": []})
    run_id = journeys.reprocess(conn, ticket_id)
    assert run_id is not None
    for name in ("validate_ticket", "classify"):
        journeys.step(conn, run_id, 1, name)
    assert handler(step_event("create_ticket", (ticket_id, run_id)), None)["due_at"]
