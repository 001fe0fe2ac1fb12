"""POST /admin/fallbacks/reprocess: another chance for what the first provider did not answer."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest

from deskhand.api.caller import Caller
from deskhand.api.router import Api
from deskhand.store import fallbacks as store
from deskhand.store import runs
from deskhand.store.connection import Connection, open_connection
from deskhand.workflow import api
from tests import arrange
from tests.functions.conftest import event
from tests.functions.workflow.finished import answered
from tests.patience import HUNG_SECONDS

PATH = "/admin/fallbacks/reprocess"
app = Api()


@app.post(PATH)
def _route() -> Any:
    return api.reprocess_fallbacks(app)


def post(body: object = None) -> tuple[int, dict[str, Any]]:
    sent = event(
        "ingest",
        path=PATH,
        resource=PATH,
        body=None if body is None else json.dumps(body),
        multiValueHeaders={"Content-Type": ["application/json"]},
    )
    reply = app.resolve(sent, None)
    return reply["statusCode"], json.loads(reply["body"])


def test_each_gets_one_more_run(conn: Connection) -> None:
    """F-E4"""
    tickets = [answered(conn) for _ in range(3)]
    status, answer = post()
    assert status == 202
    assert [UUID(one["ticket_id"]) for one in answer["reprocessed"]] == tickets
    assert (answer["count"], answer["remaining"], answer["dry_run"]) == (3, 0, False)
    for one in answer["reprocessed"]:
        run = conn.execute(
            "SELECT r.status, t.ai_status, t.version, o.sent_at FROM runs r"
            " JOIN tickets t ON t.id = r.ticket_id JOIN outbox o ON o.run_id = r.id"
            " WHERE r.id = %(id)s",
            {"id": one["workflow_run_id"]},
        ).fetchone()
        assert run == {"status": "PENDING", "ai_status": "PENDING", "version": 2, "sent_at": None}
    noted = conn.execute("SELECT * FROM events WHERE kind = 'ticket.reprocess'").fetchall()
    assert [e["actor"] for e in noted] == ["anonymous"] * 3
    assert post() == (202, {"reprocessed": [], "count": 0, "remaining": 0, "dry_run": False})


def test_only_fallbacks_that_are_at_rest(conn: Connection) -> None:
    """F-E4"""
    for status in ("COMPLETED", "PENDING", "FAILED"):
        answered(conn, status)
    busy, _ = arrange.accepted(conn)
    conn.execute("UPDATE tickets SET ai_status = 'FALLBACK' WHERE id = %(id)s", {"id": busy})
    closed = answered(conn)
    conn.execute(
        "UPDATE tickets SET status = 'closed', title = 't' WHERE id = %(id)s", {"id": closed}
    )
    assert post()[1]["count"] == 0


def test_a_failed_run_does_not_stand_in_the_way(conn: Connection) -> None:
    ticket_id, run_id = arrange.accepted(conn)
    runs.fail(conn, run_id, 1, "Broken", "why")
    conn.execute("UPDATE tickets SET ai_status = 'FALLBACK' WHERE id = %(id)s", {"id": ticket_id})
    assert post()[1]["count"] == 1


def test_as_many_as_asked_for_the_oldest_first(conn: Connection) -> None:
    tickets = [answered(conn) for _ in range(3)]
    _, answer = post({"limit": 2})
    assert [UUID(one["ticket_id"]) for one in answer["reprocessed"]] == tickets[:2]
    assert answer["remaining"] == 1


def test_a_dry_run_changes_nothing(conn: Connection) -> None:
    answered(conn)
    before = {name: arrange.count(conn, name) for name in arrange.TABLES}
    status, answer = post({"dry_run": True})
    assert (status, answer["count"], answer["dry_run"]) == (200, 1, True)
    assert {name: arrange.count(conn, name) for name in arrange.TABLES} == before
    assert post()[1]["count"] == 1


@pytest.mark.parametrize(
    ("body", "status", "pointer"),
    [
        ({"limit": 0}, 422, "/limit"),
        ({"limit": 501}, 422, "/limit"),
        ({"limit": "5"}, 422, "/limit"),
        ({"dry_run": 1}, 422, "/dry_run"),
        ({"all": True}, 422, "/all"),
        ([], 422, ""),
    ],
)
def test_a_wrong_body_is_named(conn: Connection, body: object, status: int, pointer: str) -> None:
    answered(conn)
    found, problem = post(body)
    assert found == status
    assert problem["errors"][0]["pointer"] == pointer
    assert arrange.count(conn, "runs") == 1


@pytest.mark.parametrize("role", ["agent", "customer", "service"])
def test_admins_only(conn: Connection, monkeypatch: pytest.MonkeyPatch, role: Any) -> None:
    monkeypatch.setattr("deskhand.api.router.caller_of", lambda _: Caller("somebody", role))
    assert post()[0] == 403


def test_two_at_once_open_one_run_for_each(database: str, conn: Connection) -> None:
    """F-E4 F-B7"""
    for _ in range(20):
        answered(conn)
    barrier = threading.Barrier(4)

    def work(_: int) -> int:
        with open_connection(database, wait_seconds=None) as own:
            barrier.wait(HUNG_SECONDS)
            with own.transaction():
                return len(store.open_runs(own, store.lock_tickets(own, 20), "a", "r"))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(4))) == 20
    assert arrange.count(conn, "runs") == 40
    assert store.count_waiting(conn) == 0


def test_a_run_that_was_opened_meanwhile_is_enough(conn: Connection) -> None:
    ticket_id = answered(conn)
    with conn.transaction():
        held = store.lock_tickets(conn, 10)
        conn.execute(
            "INSERT INTO runs (ticket_id, request_id) VALUES (%(id)s, 'r')", {"id": ticket_id}
        )
        assert store.open_runs(conn, held, "a", "r") == []
