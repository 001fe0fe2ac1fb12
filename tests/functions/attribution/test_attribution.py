"""Runs over HTTP: one at a time, read by staff, replayed from the step that failed."""

from typing import Any

import pytest

from deskhand.settings.environment import settings
from deskhand.store import metrics, outbox, runs
from deskhand.store.connection import Connection
from deskhand.workflow import executions
from deskhand.workflow.dispatch import dispatch
from deskhand.workflow.reconcile import MAX_ATTEMPTS, reconcile
from tests.functions.gateway import call
from tests.helpdesk import started

pytestmark = pytest.mark.usefixtures("aws")
RUNS = "/attribution/runs"


def test_a_run_is_started_and_shown(conn: Connection, messages: Any) -> None:
    reply = call("POST", RUNS)
    assert reply.status == 202
    assert messages() == [{"run_id": reply.body["run_id"], "attempt": 1}]
    found = call("GET", f"{RUNS}/{reply.body['run_id']}").body
    assert (found["status"], found["started_by"]) == ("PENDING", "anonymous")
    assert found["execution_arn"].endswith(f":attribution-r{found['id']}-a1")
    assert outbox.unsent(conn) == 0


def test_a_second_start_is_told_the_open_run(conn: Connection) -> None:
    first = call("POST", RUNS, {})
    second = call("POST", RUNS)
    assert second.status == 409
    assert str(first.body["run_id"]) in second.body["detail"]
    assert second.body["errors"] == [{"pointer": "run_id", "detail": str(first.body["run_id"])}]


def test_a_key_gives_the_first_answer(conn: Connection) -> None:
    headers = {"Idempotency-Key": "daily"}
    first = call("POST", RUNS, {}, headers=headers)
    again = call("POST", RUNS, {}, headers=headers)
    assert (again.status, again.body) == (202, first.body)


@pytest.mark.parametrize(("body", "status"), [({"x": 1}, 422), ([], 422), (b"{", 400)])
def test_no_other_body(conn: Connection, body: object, status: int) -> None:
    assert call("POST", RUNS, body).status == status


def test_runs_are_listed_in_pages(conn: Connection) -> None:
    ids = []
    for _ in range(3):
        message = started(conn)
        runs.fail(conn, message.run_id, 1, "StepFailed", "on purpose", "fetch_requests")
        ids.append(message.run_id)
    page = call("GET", RUNS, query={"limit": "2"}).body
    assert [run["id"] for run in page["runs"]] == ids[:0:-1]
    rest = call("GET", RUNS, query={"cursor": str(page["next_cursor"])}).body
    assert ([run["id"] for run in rest["runs"]], rest["next_cursor"]) == (ids[:1], None)


@pytest.mark.parametrize(("path", "status"), [("7", 404), ("x", 400), ("0", 400)])
def test_a_run_that_is_none(conn: Connection, path: str, status: int) -> None:
    assert call("GET", f"{RUNS}/{path}").status == status


@pytest.mark.usefixtures("dead")
def test_a_failure_is_listed_and_replayed(conn: Connection, messages: Any) -> None:
    message = started(conn)
    runs.fail(conn, message.run_id, 1, "HelpdeskRefused", "on purpose", "fetch_requests")
    [group] = call("GET", "/admin/failures").body["groups"]
    assert (group["step"], group["error"]) == ("fetch_requests", "HelpdeskRefused")
    assert group["run_ids"] == [message.run_id]
    replayed = call("POST", "/admin/failures/replay", {"run_id": message.run_id})
    assert replayed.body["replayed"] == [
        {"ticket_id": None, "run_id": message.run_id, "attempt": 2}
    ]
    assert messages() == [{"run_id": message.run_id, "attempt": 2}]
    later = call("POST", "/admin/failures/replay", {"run_id": message.run_id})
    assert later.status == 409


def test_its_message_starts_an_execution_of_its_own_machine(conn: Connection) -> None:
    message = started(conn)
    dispatch("m", message.to_json(), 0.0)
    client = executions.step_functions()
    machine = settings().attribution_state_machine_arn
    [execution] = client.list_executions(stateMachineArn=machine)["executions"]
    assert execution["name"] == message.execution_name
    assert not client.list_executions(stateMachineArn=settings().state_machine_arn)["executions"]


def test_a_dead_run_comes_back_and_ends_at_last(conn: Connection) -> None:
    message = started(conn)
    conn.execute("UPDATE outbox SET sent_at = now()")
    conn.execute("UPDATE runs SET status = 'IN_PROGRESS', current_step = 'fetch_requests'")
    assert reconcile(0) == {"next_attempt": 1}
    conn.execute(
        "UPDATE runs SET attempt = %(n)s, current_step = 'fetch_requests'", {"n": MAX_ATTEMPTS}
    )
    assert reconcile(0) == {"failed": 1}
    assert call("GET", f"{RUNS}/{message.run_id}").body["error"] == "AttemptsExhausted"
    assert call("POST", RUNS).status == 202


def test_metrics_count_runs_and_no_tickets(conn: Connection) -> None:
    message = started(conn)
    runs.fail(conn, message.run_id, 1, "StepFailed", "on purpose", "fetch_requests")
    metrics.fold(conn)
    totals = {row["sample"]: row for row in metrics.totals(conn)}
    assert totals["attribution_runs_total"]["labels"] == {"status": "FAILED"}
    assert "tickets_processed_total" not in totals
