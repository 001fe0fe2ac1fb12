"""LocalStack killed and empty: queue, executions and functions are gone, the tickets are not."""

import json
import os
import signal
import threading
import uuid
from typing import Any

import pytest

from embedded.stack import up
from embedded.target import target
from tests.e2e.conftest import INSTANCE, Stack, eventually

OPEN = "SELECT count(*) AS n FROM runs WHERE status IN ('PENDING', 'IN_PROGRESS')"


@pytest.mark.parametrize("kind", ["STANDARD", "EXPRESS"])
def test_accepted_tickets_are_finished_after_a_kill(
    stack: Stack, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """F-C2: by a machine of either type, whichever the tickets were accepted under."""
    accepted = [stack.post(f"Cannot log in, {kind} {n}").json()["ticket_id"] for n in range(40)]
    assert stack.sql(OPEN)[0]["n"] > 0, "all tickets were through before the kill"
    # Killed while `up` already looks: the worst moment, since it still seems to run.
    localstack = stack.target["pids"]["localstack"]
    os.kill(localstack, signal.SIGSTOP)
    threading.Timer(1, os.kill, (localstack, signal.SIGKILL)).start()
    monkeypatch.setenv("WORKFLOW_TYPE", kind)
    up(INSTANCE)
    stack.moved(target(INSTANCE))
    assert machine(stack)["type"] == kind
    eventually(lambda: stack.sql(OPEN)[0]["n"] == 0 or None)
    ended = stack.sql(
        "SELECT r.status, count(*) AS n FROM runs r WHERE r.ticket_id = ANY(%s::uuid[])"
        " GROUP BY r.status",
        accepted,
    )
    assert ended == [{"status": "COMPLETED", "n": 40}]


def test_an_attempt_that_express_starts_twice_is_worked_on_once(stack: Stack) -> None:
    """F-C6: beside the execution that dispatch starts, three more at the same time."""
    states, arn = stack.aws("stepfunctions"), machine(stack)["stateMachineArn"]
    assert arn.endswith("-triage-express")
    ids = stack.post("VPN disconnects", f"Every few minutes, says {uuid.uuid4()}.").json()
    message = {"ticket_id": ids["ticket_id"], "run_id": ids["workflow_run_id"], "attempt": 1}
    for _ in range(3):
        states.start_execution(stateMachineArn=arn, name="twin", input=json.dumps(message))
    ticket = stack.ended(ids["ticket_id"])
    assert (ticket["workflow_status"], ticket["ai_status"]) == ("COMPLETED", "COMPLETED")
    run = stack.api.get(f"/runs/{ids['workflow_run_id']}").json()
    assert ":express:" in run["execution_arn"]
    counts = stack.sql(
        "SELECT kind, step, count(*) AS n FROM events WHERE run_id = %s"
        " AND (kind LIKE 'step.%%' OR kind LIKE 'run.%%' OR kind = 'model.called')"
        " GROUP BY kind, step",
        ids["workflow_run_id"],
    )
    assert {row["n"] for row in counts} == {1}
    # What is left of the twins may still end as overtaken, which is not the run's end.
    assert [row["kind"] for row in counts if row["kind"] in ("step.failed", "run.failed")] == []


def machine(stack: Stack) -> dict[str, Any]:
    """The deployed state machine of triage."""
    arn = stack.target["state_machines"]["TriageStateMachine"]
    found: dict[str, Any] = stack.aws("stepfunctions").describe_state_machine(stateMachineArn=arn)
    return found
