"""A run whose function is killed at each step, and replayed: what happens once, happened once."""

import hashlib
from collections.abc import Iterator
from functools import partial
from typing import Any

import boto3
import pytest

from deskhand.store.connection import Connection
from deskhand.store.outbox import AnyMessage, Message
from deskhand.workflow.reconcile import MAX_ATTEMPTS, reconcile
from functions.deliver_reports.handler import handler as deliver_reports
from tests.bucket import Bucket
from tests.environment import new_environment
from tests.functions.workflow.recovering import failures, replay
from tests.helpdesk import VPN, shown, sorts, started
from tests.mail_server import Mailbox
from tests.servers import Desk
from tests.statemachine.attribution.conftest import Model, broken_invariants
from tests.statemachine.attribution.killed import POINTS, Killed, Point
from tests.statemachine.conftest import Machine
from tests.wire.models.model_server import ModelServer

RECIPIENTS = ["lead@example.com", "owner@example.com"]
COUNTS = {
    **{"fetched": 65, "classified": 65, "failed": 0, "waiting": 0, "batches": 3},
    **{"batches_done": 3, "batches_failed": 0, "calls": 3, "splits": 0, "sent": 2},
}
# All columns but the run.
ROWS = "SELECT to_jsonb(r) - 'run_id' AS row FROM attribution_requests r WHERE run_id = %s"


@pytest.fixture(autouse=True)
def _two_recipients(machine: Machine, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REPORT_RECIPIENTS", ", ".join(RECIPIENTS))


@pytest.fixture(autouse=True)
def _queue(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The queues that a replay looks at, and the executions that reconcile does."""
    for name in ("QUEUE_URL", "DEAD_LETTER_QUEUE_URL"):
        url = boto3.client("sqs").create_queue(QueueName=name)["QueueUrl"]
        monkeypatch.setenv(name, url)
    monkeypatch.setenv("ATTRIBUTION_STATE_MACHINE_ARN", machine.arn)
    new_environment()
    yield
    new_environment()


@pytest.fixture
def server(model: Model) -> ModelServer:
    """The model; what it has answered is kept, as it is by default."""
    return model(sorts(lambda _: VPN), cache_hours=24)


def replayed(message: AnyMessage) -> AnyMessage:
    """The message of the run's next attempt, by `POST /admin/failures/replay`."""
    reply, document = replay({"run_id": message.run_id})
    assert reply["statusCode"] == 202
    [again] = document["replayed"]
    return Message(**again)


def failed_steps() -> list[tuple[str, str]]:
    """Step and error of what `GET /admin/failures` shows."""
    return [(each["step"], each["error"]) for each in failures()["groups"]]


def rows_of(conn: Connection, message: AnyMessage) -> list[dict[str, Any]]:
    """The run's requests with all that is known of them."""
    return [each["row"] for each in conn.execute(f"{ROWS} ORDER BY position", [message.run_id])]


def assert_done_once(
    conn: Connection, message: AnyMessage, server: ModelServer, box: Mailbox, reports: Bucket
) -> None:
    """One report, one mail a recipient, right counts, and no model was asked twice."""
    run = shown(conn, message)
    assert (run["status"], {name: run["counts"][name] for name in COUNTS}) == ("COMPLETED", COUNTS)
    assert len(server.requests) == 3
    [report] = conn.execute("SELECT sha256 FROM reports").fetchall()
    [file] = reports.files.values()
    assert hashlib.sha256(file).hexdigest() == report["sha256"]
    assert sorted(box.recipients) == RECIPIENTS
    assert [mail["X-Deskhand-Repeat"] for mail in box.mails] == [None, None]
    assert (failed_steps(), broken_invariants(conn)) == ([], [])


def assert_same_rows(conn: Connection, message: AnyMessage, machine: Machine) -> None:
    """A run that nothing disturbs stores the same rows."""
    machine.handlers.clear()
    undisturbed = started(conn)
    assert machine.run(undisturbed)["status"] == "SUCCEEDED"
    assert rows_of(conn, message) == rows_of(conn, undisturbed)


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("step", ["fetch_requests", "build_report", "send_report"])
def test_a_run_killed_at_a_step_is_replayed_from_there(
    conn: Connection,
    machine: Machine,
    server: ModelServer,
    box: Mailbox,
    reports: Bucket,
    step: str,
    point: Point,
) -> None:
    """F-J6, F-C4: SIGKILL at every try. The last step's outcome ends the run, so that the run whose
    function dies after it has not failed."""
    machine.handlers[step] = killed = Killed(step, point)
    message = started(conn)
    assert machine.run(message)["error"] == "Runtime.ExitError"
    assert killed.deaths == 4, "it was tried four times"
    if (step, point) != ("send_report", "after"):
        assert failed_steps() == [(step, "Runtime.ExitError")]
        killed.alive = True
        assert machine.run(replayed(message))["status"] == "SUCCEEDED"
    assert_done_once(conn, message, server, box, reports)
    assert_same_rows(conn, message, machine)


@pytest.mark.parametrize("point", POINTS)
def test_a_batch_whose_function_is_killed_once_is_classified_once(
    conn: Connection,
    machine: Machine,
    server: ModelServer,
    box: Mailbox,
    reports: Bucket,
    point: Point,
) -> None:
    """F-J2, F-J6: the machine tries it again, and the model's answer is known already."""
    machine.handlers["classify_batch"] = killed = Killed("classify_batch", point, only=1)
    killed.dead = lambda: setattr(killed, "alive", True)
    message = started(conn)
    assert machine.run(message)["status"] == "SUCCEEDED"
    assert (killed.deaths, machine.calls.count("classify_batch")) == (1, 4)
    assert_done_once(conn, message, server, box, reports)
    assert_same_rows(conn, message, machine)


@pytest.mark.parametrize("point", POINTS)
def test_a_run_whose_executions_end_in_a_batch_is_replayed(
    conn: Connection,
    machine: Machine,
    server: ModelServer,
    box: Mailbox,
    reports: Bucket,
    point: Point,
) -> None:
    """F-J6, F-C4: each execution ends with the function, until reconcile gives the run up."""
    machine.handlers["classify_batch"] = killed = Killed("classify_batch", point, only=1)
    message = started(conn)
    for attempt in range(1, MAX_ATTEMPTS + 1):
        tried = Message(None, message.run_id, attempt)
        killed.dead = partial(machine.stop, tried)
        assert machine.run(tried)["status"] != "SUCCEEDED"
        assert shown(conn, message)["status"] == "IN_PROGRESS"
        action = "next_attempt" if attempt < MAX_ATTEMPTS else "failed"
        assert reconcile(stalled_after_seconds=0) == {action: 1}
    assert failed_steps() == [("classify_batch", "AttemptsExhausted")]
    killed.alive = True
    assert machine.run(replayed(message))["status"] == "SUCCEEDED"
    assert_done_once(conn, message, server, box, reports)
    assert_same_rows(conn, message, machine)


def test_a_mail_whose_sender_was_killed_is_repeated_once_and_says_so(
    conn: Connection, machine: Machine, server: ModelServer, box: Mailbox
) -> None:
    """F-J5: the server has taken the first mail, and kills the function before that is stored."""
    machine.handlers["send_report"] = killed = Killed("send_report", None)

    def kill() -> None:
        killed.alive = True
        killed.kill()
        box.confirming = None

    box.confirming = kill
    message = started(conn)
    assert machine.run(message)["status"] == "SUCCEEDED", "the next try sends the other mail"
    assert (killed.deaths, box.recipients) == (1, RECIPIENTS)
    conn.execute("UPDATE report_mails SET lease_until = now() WHERE status = 'sending'")
    deliver_reports({}, None)
    assert deliver_reports({"due_now": True}, None) == {"sent": 1}
    assert deliver_reports({"due_now": True}, None) == {"sent": 0}
    assert box.recipients == [*RECIPIENTS, RECIPIENTS[0]]
    assert [mail["X-Deskhand-Repeat"] for mail in box.mails] == [None, None, "1"]
    assert (shown(conn, message)["counts"]["sent"], len(server.requests)) == (2, 3)
    assert (failed_steps(), broken_invariants(conn)) == ([], [])


def test_a_batch_whose_function_always_dies_is_marked_and_ends_no_run(
    conn: Connection, machine: Machine, server: ModelServer, box: Mailbox, reports: Bucket
) -> None:
    """F-J2: so there is nothing to replay; its answer was paid for once."""
    machine.handlers["classify_batch"] = Killed("classify_batch", "within", only=1)
    message = started(conn)
    assert machine.run(message)["status"] == "SUCCEEDED"
    counts = shown(conn, message)["counts"]
    assert (counts["classified"], counts["failed"], counts["batches_failed"]) == (35, 30, 1)
    assert (counts["calls"], len(server.requests), counts["sent"]) == (3, 3, 2)
    assert {row["reason"] for row in rows_of(conn, message) if row["outcome"] == "failed"} == {
        "Runtime.ExitError: Runtime exited without providing a reason"
    }
    assert (failed_steps(), broken_invariants(conn)) == ([], [])
