"""A newer definition may send more than a function knows: executions go on over a deployment."""

import json
from typing import Any

from deskhand.store.connection import Connection
from deskhand.store.outbox import Message
from deskhand.store.workflow import STEPS
from tests import arrange
from tests.contract.machine import tasks
from tests.functions.duplicates.alike import SAME, VPN
from tests.statemachine.conftest import Machine


def test_every_function_passes_over_what_it_does_not_know(
    conn: Connection, catalog: None, machine: Machine
) -> None:
    """F-N5"""
    described = machine.client.describe_state_machine(stateMachineArn=machine.arn)
    newer: dict[str, Any] = json.loads(described["definition"])
    for state in tasks(newer).values():
        state["Parameters"]["of_a_newer_release"] = {"n": 1}
    machine.client.update_state_machine(stateMachineArn=machine.arn, definition=json.dumps(newer))

    def ended(**columns: object) -> str:
        return str(machine.run(Message(*arrange.accepted(conn, **columns), 1))["status"])

    assert (ended(**VPN), ended(**SAME)) == ("SUCCEEDED", "SUCCEEDED")
    assert ended(subject="?!", body="...") == "FAILED"
    rows = conn.execute("SELECT status, error FROM runs ORDER BY id").fetchall()
    assert [(row["status"], row["error"]) for row in rows] == [
        ("COMPLETED", None),
        ("COMPLETED", None),
        ("FAILED", "InvalidTicket"),
    ]
    assert set(machine.calls) == {step.name for step in STEPS} | {"record_failure"}
    failed = conn.execute("SELECT step FROM events WHERE kind = 'step.failed'").fetchall()
    assert [row["step"] for row in failed] == ["validate_ticket"]
