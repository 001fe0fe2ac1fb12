"""Open runs that do not move are finished, whatever was lost."""

from typing import Any
from uuid import UUID

import boto3
import pytest
from botocore.exceptions import ClientError

from deskhand.settings.environment import settings
from deskhand.store import failed_runs, outbox, steps
from deskhand.store.connection import Connection
from deskhand.store.failed_runs import Operator
from deskhand.store.outbox import Message
from deskhand.workflow import executions
from deskhand.workflow.reconcile import MAX_ATTEMPTS, STALLED_AFTER_SECONDS, reconcile
from functions.reconcile.handler import handler
from tests import arrange
from tests.functions.conftest import event

EVERY_OPEN_RUN = {"stalled_after_seconds": 0}


def run(conn: Connection) -> dict[str, object]:
    row = conn.execute("SELECT status, attempt, error FROM runs").fetchone()
    assert row is not None
    return row


def started(conn: Connection) -> Message:
    ticket_id, run_id = arrange.accepted(conn)
    message = Message(ticket_id, run_id, 1)
    executions.start(message)
    arrange.sent(conn)
    return message


def run_events(conn: Connection, run_id: int | None = None) -> list[dict[str, Any]]:
    """What happened to a run, or to all, since they were accepted."""
    return conn.execute(
        "SELECT kind, actor, data - 'reason' - 'seconds' AS data FROM events"
        " WHERE kind LIKE 'run.%%' AND kind <> 'run.pending'"
        " AND run_id = coalesce(%(run_id)s, run_id) ORDER BY id",
        {"run_id": run_id},
    ).fetchall()


def close(message: Message) -> None:
    machine = settings().state_machine_arn
    boto3.client("stepfunctions").stop_execution(executionArn=message.execution_arn(machine))


def test_a_run_that_moves_is_not_looked_at(conn: Connection, aws: None) -> None:
    started(conn)
    assert handler(event("reconcile"), None) == {}


def lost_message(conn: Connection) -> None:
    arrange.accepted(conn)
    arrange.sent(conn)


def lost_execution(conn: Connection) -> None:
    steps.open_step(conn, arrange.accepted(conn)[1], 1, "classify", 0)


def closed_execution(conn: Connection) -> None:
    close(started(conn))


@pytest.mark.parametrize(
    ("arranged", "action"),
    [
        (started, "left"),
        (lost_message, "sent_again"),
        (lost_execution, "next_attempt"),
        (closed_execution, "next_attempt"),
    ],
)
def test_a_run_is_looked_at_after_five_minutes_and_not_before(
    conn: Connection, aws: None, arranged: Any, action: str
) -> None:
    arranged(conn)
    conn.execute("UPDATE runs SET progressed_at = now() - interval '295 seconds'")
    assert handler({}, None) == {}
    conn.execute("UPDATE runs SET progressed_at = now() - interval '301 seconds'")
    assert handler({}, None) == {action: 1}
    # Whatever was done is progress: the next look finds nothing.
    assert handler({}, None) == {}


@pytest.mark.parametrize(
    ("arranged", "action"),
    [(started, "sent_again"), (lost_message, "sent_again"), (lost_execution, "next_attempt")],
)
def test_express_is_judged_by_the_database_alone(
    conn: Connection, monkeypatch: pytest.MonkeyPatch, aws: None, arranged: Any, action: str
) -> None:
    """F-C4: nobody can ask about such an execution, and after five minutes it is over."""
    monkeypatch.setenv("WORKFLOW_TYPE", "EXPRESS")
    settings.cache_clear()
    arranged(conn)
    conn.execute("UPDATE runs SET progressed_at = now() - interval '295 seconds'")
    assert handler({}, None) == {}
    conn.execute("UPDATE runs SET progressed_at = now() - interval '301 seconds'")
    monkeypatch.delenv("STATE_MACHINE_ARN")
    settings.cache_clear()
    assert handler({}, None) == {action: 1}
    assert executions.EXPRESS_SECONDS <= STALLED_AFTER_SECONDS


@pytest.mark.parametrize("arranged", [lost_message, lost_execution, closed_execution])
def test_whoever_moved_the_run_meanwhile_wins(
    conn: Connection, aws: None, monkeypatch: pytest.MonkeyPatch, arranged: Any
) -> None:
    arranged(conn)
    describe = executions.state

    def slow(message: Message) -> executions.State:
        conn.execute("UPDATE runs SET attempt = attempt + 1")
        return describe(message)

    monkeypatch.setattr(executions, "state", slow)
    assert handler(EVERY_OPEN_RUN, None) == {"moved_on": 1}
    assert run(conn)["attempt"] == 2
    assert arrange.count(conn, "outbox") == 1


def test_a_running_execution_is_left_alone(conn: Connection, aws: None) -> None:
    started(conn)
    conn.execute("UPDATE runs SET progressed_at = now() - interval '1 hour'")
    assert handler({}, None) == {"left": 1}
    assert run(conn) == {"status": "PENDING", "attempt": 1, "error": None}


def test_a_lost_message_is_owed_again(conn: Connection, aws: None) -> None:
    lost_message(conn)
    assert handler(EVERY_OPEN_RUN, None) == {"sent_again": 1}
    assert conn.execute("SELECT sent_at FROM outbox").fetchone() == {"sent_at": None}


def test_a_lost_execution_gets_its_next_attempt(conn: Connection, aws: None) -> None:
    """All of Step Functions forgotten in the middle of a run."""
    _, run_id = arrange.accepted(conn)
    steps.open_step(conn, run_id, 1, "classify", 0)
    assert handler(EVERY_OPEN_RUN, None) == {"next_attempt": 1}
    assert run(conn) == {"status": "IN_PROGRESS", "attempt": 2, "error": None}
    owed = conn.execute("SELECT attempt FROM outbox WHERE sent_at IS NULL ORDER BY 1").fetchall()
    assert [row["attempt"] for row in owed] == [1, 2]


def test_a_next_attempt_that_never_started_uses_no_more_up(conn: Connection, aws: None) -> None:
    _, run_id = arrange.accepted(conn)
    steps.open_step(conn, run_id, 1, "classify", 0)
    assert handler(EVERY_OPEN_RUN, None) == {"next_attempt": 1}
    for _ in range(MAX_ATTEMPTS):
        arrange.sent(conn)
        assert handler(EVERY_OPEN_RUN, None) == {"sent_again": 1}
    assert run(conn) == {"status": "IN_PROGRESS", "attempt": 2, "error": None}


def test_one_that_cannot_be_described_does_not_stop_the_others(
    conn: Connection, aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    bad = started(conn)
    for _ in range(2):
        lost_message(conn)
    client = executions.step_functions()
    describe = client.describe_execution

    def throttled(executionArn: str) -> Any:
        if executionArn.endswith(bad.execution_name):
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "DescribeExecution")
        return describe(executionArn=executionArn)

    monkeypatch.setattr(client, "describe_execution", throttled)
    assert handler(EVERY_OPEN_RUN, None) == {"unknown": 1, "sent_again": 2}


def test_more_than_a_batch_is_done_in_one_call(
    conn: Connection, aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-C4: each once, also where nothing can be told of it, or it was just looked at."""
    several = 1_200
    for _ in range(several):
        arrange.accepted(conn)
    arrange.sent(conn)
    states: list[executions.State | None] = ["MISSING", "RUNNING", None]
    asked: list[int] = []

    def state(message: Message) -> executions.State:
        asked.append(message.run_id)
        if (found := states[message.run_id % 3]) is None:
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "DescribeExecution")
        return found

    monkeypatch.setattr(executions, "state", state)
    third = several // 3
    done = {"sent_again": third, "left": third, "unknown": third}
    assert handler(EVERY_OPEN_RUN, None) == done
    assert len(asked) == len(set(asked)) == several


def test_what_there_is_no_time_for_is_the_next_calls(
    conn: Connection, aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        lost_message(conn)

    now = [0.0]

    def slow(_: Message) -> executions.State:
        now[0] += 1
        return "RUNNING"

    monkeypatch.setattr(executions, "state", slow)
    monkeypatch.setattr("deskhand.workflow.reconcile.time.monotonic", lambda: now[0])
    conn.execute("UPDATE runs SET progressed_at = now() - interval '1 hour'")
    assert reconcile(work_seconds=1) == {"left": 1}
    assert reconcile() == {"left": 2}


def test_a_run_that_waits_for_a_place_is_not_looked_at(conn: Connection, aws: None) -> None:
    """Nor one that the queue has not taken yet: the relay sends its message."""
    ticket_id, run_id = arrange.accepted(conn)
    lost_message(conn)
    outbox.postpone(conn, Message(ticket_id, run_id, 1), 20)
    conn.execute("UPDATE runs SET progressed_at = now() - interval '1 hour'")
    assert handler({}, None) == {"sent_again": 1}
    assert run_events(conn, run_id) == []


def test_a_message_that_is_sent_again_is_on_the_trail(conn: Connection, aws: None) -> None:
    lost_message(conn)
    assert handler(EVERY_OPEN_RUN, None) == {"sent_again": 1}
    assert run_events(conn) == [
        {"kind": "run.sent_again", "actor": "reconcile", "data": {"attempt": 1}}
    ]


@pytest.mark.parametrize("status", ["FAILED", "TIMED_OUT", "ABORTED", "SUCCEEDED"])
def test_whatever_ended_without_a_result_is_closed(
    aws: None, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    client = executions.step_functions()
    monkeypatch.setattr(client, "describe_execution", lambda **_: {"status": status})
    assert executions.state(Message(UUID(int=7), 1, 1)) == "CLOSED"


def test_closed_executions_end_in_an_honest_failure(conn: Connection, aws: None) -> None:
    message = started(conn)
    for attempt in range(1, MAX_ATTEMPTS):
        close(message)
        assert handler(EVERY_OPEN_RUN, None) == {"next_attempt": 1}
        message = Message(message.ticket_id, message.run_id, attempt + 1)
        executions.start(message)
        arrange.sent(conn)
    close(message)
    assert handler(EVERY_OPEN_RUN, None) == {"failed": 1}
    assert run(conn) == {"status": "FAILED", "attempt": MAX_ATTEMPTS, "error": "AttemptsExhausted"}
    assert run_events(conn)[-1]["actor"] == "reconcile"
    reason = conn.execute("SELECT reason FROM runs").fetchone()
    assert reason == {"reason": "5 executions ended without a result"}
    assert conn.execute("SELECT ai_status, needs_review FROM tickets").fetchone() == {
        "ai_status": "FAILED",
        "needs_review": True,
    }


def test_a_replay_gives_a_run_all_its_attempts_again(conn: Connection, aws: None) -> None:
    """F-C4"""
    ticket_id, run_id = arrange.accepted(conn)
    conn.execute("UPDATE runs SET attempt = %s", [MAX_ATTEMPTS])
    steps.open_step(conn, run_id, MAX_ATTEMPTS, "classify", 0)
    assert handler(EVERY_OPEN_RUN, None) == {"failed": 1}
    for first in (MAX_ATTEMPTS + 1, 2 * MAX_ATTEMPTS + 1):
        [message] = failed_runs.start_next_attempts(conn, [run_id], Operator("user:op", "req-9"))
        assert message == Message(ticket_id, run_id, first)
        for attempt in range(first, first + MAX_ATTEMPTS - 1):
            steps.open_step(conn, run_id, attempt, "classify", 0)
            assert handler(EVERY_OPEN_RUN, None) == {"next_attempt": 1}
        steps.open_step(conn, run_id, first + MAX_ATTEMPTS - 1, "classify", 0)
        assert handler(EVERY_OPEN_RUN, None) == {"failed": 1}
        assert run(conn)["attempt"] == first + MAX_ATTEMPTS - 1
