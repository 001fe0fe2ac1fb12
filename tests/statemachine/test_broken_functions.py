"""Functions that cannot start: the run, the ticket and the operator's list name the right one."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from deskhand.settings import environment
from deskhand.store import tickets
from deskhand.store.connection import Connection
from deskhand.store.outbox import Message
from deskhand.store.workflow import STEPS
from tests import arrange
from tests.environment import new_environment
from tests.functions.duplicates.alike import SAME, VPN
from tests.functions.workflow.recovering import failures, replay, run
from tests.statemachine.conftest import Machine

# What Lambda says of an import error, and of no memory or no time at init; only these are retried.
ERRORS = ("Runtime.ImportModuleError", "Runtime.OutOfMemory", "Sandbox.Timedout")
NEEDED = [step.name for step in STEPS if not step.optional]
OPTIONAL = [step.name for step in STEPS if step.optional]


@pytest.fixture(autouse=True)
def _queues(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Both queues: a replay sends into one, and failures are looked for in the other."""
    new_environment()
    for setting in ("QUEUE_URL", "DEAD_LETTER_QUEUE_URL"):
        url = boto3.client("sqs").create_queue(QueueName=setting.lower())["QueueUrl"]
        monkeypatch.setenv(setting, url)
    environment.settings.cache_clear()
    yield
    new_environment()


def arranged(conn: Connection, **columns: object) -> Message:
    ticket_id, run_id = arrange.accepted(conn, **{**VPN, **columns})
    return Message(ticket_id, run_id, 1)


def after(conn: Connection, message: Message) -> dict[str, Any]:
    ticket = tickets.get(conn, message.ticket_id)
    assert ticket is not None
    return ticket


def assert_waited(machine: Machine, *at_most: int) -> None:
    """Each wait is a random part of one that doubles up to its limit, as the definition says."""
    assert len(machine.waits) == len(at_most)
    for waited, limit in zip(machine.waits, at_most, strict=True):
        assert 0 <= waited <= limit


@pytest.mark.parametrize("step", NEEDED)
def test_a_step_whose_function_cannot_start_is_named_and_replayed_by_its_name(
    conn: Connection, catalog: None, machine: Machine, step: str
) -> None:
    """F-C4 F-C6 F-D17"""
    message = arranged(conn)
    machine.broken = {step: ERRORS[0]}
    assert machine.run(message)["error"] == ERRORS[0]
    assert run(conn, message)["current_step"] == step
    ticket = after(conn, message)
    assert (ticket["workflow_step"], ticket["workflow_error"]) == (step, ERRORS[0])
    assert ticket["workflow_reason"] == "the function cannot start"
    [group] = failures()["groups"]
    assert (group["step"], group["error"], group["count"]) == (step, ERRORS[0], 1)
    [ended] = [e for e in tickets.events(conn, message.ticket_id) if e["kind"] == "run.failed"]
    assert ended["step"] == step
    machine.broken = {}
    [replayed] = replay({"step": step, "error": ERRORS[0]})[1]["replayed"]
    assert machine.run(Message(**replayed))["status"] == "SUCCEEDED"
    assert after(conn, message)["workflow_step"] == "create_ticket"


@pytest.mark.parametrize("error", ERRORS[1:])
def test_what_lambda_lacks_at_init_is_retried_and_then_blamed_on_the_step(
    conn: Connection, catalog: None, machine: Machine, error: str
) -> None:
    message = arranged(conn)
    machine.broken = {"classify": error}
    assert machine.run(message)["error"] == error
    assert machine.calls.count("classify") == 4
    assert_waited(machine, 1, 2, 4)
    assert run(conn, message)["current_step"] == "classify"


@pytest.mark.parametrize("step", OPTIONAL)
def test_a_dispensable_step_whose_function_cannot_start_is_done_without(
    conn: Connection, catalog: None, machine: Machine, step: str
) -> None:
    """F-D10"""
    assert machine.run(arranged(conn))["status"] == "SUCCEEDED"
    repeats = SAME if step == "link_duplicate" else {"subject": "Printer jam", "body": "Tray two."}
    message = arranged(conn, **repeats)
    machine.broken = {step: ERRORS[0]}
    assert machine.run(message)["status"] == "SUCCEEDED"
    assert step in machine.calls
    shown = tickets.run(conn, message.run_id)
    assert shown is not None
    assert [each["step"] for each in shown["degraded"]] == [step]
    assert failures()["groups"] == []


def test_a_run_whose_failure_cannot_be_recorded_is_ended_by_reconcile(
    conn: Connection, catalog: None, machine: Machine
) -> None:
    """F-C5"""
    message = arranged(conn)
    machine.broken = {"classify": ERRORS[0], "record_failure": ERRORS[0]}
    assert machine.run(message)["error"] == ERRORS[0]
    assert_waited(machine, 2, 4, 8, 16, 30, 30)
    assert run(conn, message)["status"] == "IN_PROGRESS"
