"""Reading tickets over HTTP."""

import json
from typing import Any
from uuid import UUID

import pytest

from deskhand.store import runs, steps
from deskhand.store.connection import Connection
from deskhand.store.steps import Outcome
from functions.tickets.handler import handler
from tests import arrange
from tests.functions.conftest import event

pytestmark = pytest.mark.usefixtures("aws")


def get(path: str, **query: str) -> tuple[int, Any]:
    reply = handler(event("tickets", path=path, queryStringParameters=query or None), None)
    return int(reply["statusCode"]), json.loads(reply["body"])


def test_a_ticket_has_every_stored_field_and_an_etag(conn: Connection) -> None:
    """F-A4"""
    ticket_id, run_id = arrange.accepted(conn, tags=["vpn"])
    reply = handler(
        event("tickets", path=f"/tickets/{ticket_id}", queryStringParameters=None), None
    )
    ticket = json.loads(reply["body"])
    columns = conn.execute("SELECT * FROM tickets").fetchone()
    assert columns is not None
    assert set(columns) <= set(ticket)
    assert ticket["id"] == str(ticket_id)
    assert ticket["created_at"].endswith("Z")
    assert (ticket["workflow_run_id"], ticket["workflow_status"]) == (run_id, "PENDING")
    assert reply["multiValueHeaders"]["ETag"] == ['"1"']


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tickets/00000000-0000-7000-8000-000000000000", 404),
        ("/tickets/nonsense", 400),
        ("/tickets/00000000-0000-7000-8000-000000000000/events", 404),
        ("/tickets/nonsense/events", 400),
        ("/runs/999", 404),
        ("/runs/0", 400),
        ("/runs/-1", 400),
        ("/runs/x", 400),
        ("/runs/99999999999999999999999", 400),
        ("/runs/" + "0" * 19 + "19", 400),
        ("/runs/" + "0" * 19 + "1" + "9" * 20, 400),
        ("/runs/" + "0" * 19 + "1" + "0" * 4_400, 400),
        ("/nothing", 404),
    ],
)
def test_what_is_not_there_is_a_problem_document(conn: Connection, path: str, status: int) -> None:
    """F-A4 F-A14"""
    answered, problem = get(path)
    assert (answered, problem["status"]) == (status, status)
    assert problem["instance"] == path


def test_pages_are_stable_while_tickets_arrive(conn: Connection) -> None:
    """F-A5"""
    ids = [str(arrange.accepted(conn)[0]) for _ in range(5)]
    _, first = get("/tickets", limit="2")
    arrange.accepted(conn)
    _, second = get("/tickets", limit="2", cursor=first["next_cursor"])
    _, third = get("/tickets", limit="2", cursor=second["next_cursor"])
    seen = [t["id"] for page in (first, second, third) for t in page["tickets"]]
    assert seen == ids[::-1]
    assert third["next_cursor"] is None


def test_filters_combine(conn: Connection) -> None:
    """F-A5"""
    wanted, _ = arrange.accepted(conn, department="Sales", tags=["vpn", "remote"])
    arrange.accepted(conn, department="Sales")
    arrange.accepted(conn, department="Legal", tags=["vpn"])
    _, page = get("/tickets", department="Sales", tag="vpn", workflow_status="PENDING")
    assert [t["id"] for t in page["tickets"]] == [str(wanted)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "open"),
        ("priority", "high"),
        ("category", "Network"),
        ("request_type", "VPN"),
        ("department", "Sales"),
        ("tag", "vpn"),
        ("needs_review", "true"),
        ("workflow_status", "FAILED"),
    ],
)
def test_each_filter_selects(conn: Connection, name: str, value: str) -> None:
    """F-A5"""
    arrange.accepted(conn)
    wanted, run_id = arrange.accepted(conn, department="Sales", tags=["vpn"])
    conn.execute(
        "UPDATE tickets SET status = 'open', title = 't', priority = 'high', category = 'Network',"
        " request_type = 'VPN' WHERE id = %s",
        [wanted],
    )
    runs.fail(conn, run_id, 1, "Broken", "why")
    _, page = get("/tickets", **{name: value})
    assert [t["id"] for t in page["tickets"]] == [str(wanted)]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", "0"),
        ("limit", "101"),
        ("cursor", "x"),
        ("status", "lost"),
        ("colour", "red"),
        ("tag", "a\x00b"),
        ("tag", "\ud800"),
        ("needs_review", "perhaps"),
    ],
)
def test_a_wrong_parameter_is_named(conn: Connection, name: str, value: str) -> None:
    status, problem = get("/tickets", **{name: value})
    assert status == 400
    assert [error["pointer"] for error in problem["errors"]] == [name]


def test_the_latest_run_is_shown(conn: Connection) -> None:
    ticket_id, first = arrange.accepted(conn)
    runs.fail(conn, first, 1, "Broken", "why")
    second = conn.execute(
        "INSERT INTO runs (ticket_id, request_id) VALUES (%s, 'r') RETURNING id", [ticket_id]
    ).fetchone()["id"]
    _, page = get("/tickets")
    assert [t["workflow_run_id"] for t in page["tickets"]] == [second]
    assert get(f"/tickets/{ticket_id}")[1]["workflow_run_id"] == second


def test_the_trail_is_in_order(conn: Connection) -> None:
    """F-A9"""
    ticket_id, run_id = arrange.accepted(conn)
    steps.open_step(conn, run_id, 1, "classify", 0)
    steps.note_failure(conn, run_id, 1, "classify", "ModelUnavailable", 0.5)
    _, trail = get(f"/tickets/{ticket_id}/events")
    assert [e["kind"] for e in trail["events"]] == [
        "ticket.created",
        "run.pending",
        "run.in_progress",
        "step.failed",
    ]
    assert trail["events"][-1]["data"]["error"] == "ModelUnavailable"


def test_a_run_shows_steps_and_execution(conn: Connection) -> None:
    """F-D1"""
    ticket_id, run_id = arrange.accepted(conn)
    steps.open_step(conn, run_id, 1, "classify", 0)
    steps.close_step(conn, run_id, 1, "classify", 0, Outcome({"category": "Network"}), 0.25)
    _, run = get(f"/runs/{run_id}")
    assert (run["status"], run["attempt"], run["current_step"]) == ("IN_PROGRESS", 1, "classify")
    [done] = run["steps"]
    assert (done["step"], done["seconds"], done["verdict"]) == (
        "classify", 0.25, {"category": "Network"}
    )  # fmt: skip
    assert run["execution_arn"].endswith(f":execution:triage:t-{ticket_id}-r{run_id}-a1")
    assert UUID(run["ticket_id"]) == ticket_id
