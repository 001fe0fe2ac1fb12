"""Failed runs and dead letters of a running stack, driven again over HTTP."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row

from deskhand.store import outbox
from deskhand.store.outbox import Message
from tests import arrange
from tests.e2e.conftest import OFTEN, Stack

GROUP = {"step": "validate_ticket", "error": "InvalidTicket"}


def replay(stack: Stack, selection: dict[str, Any], status: int = 202) -> Any:
    """The answer to a replay."""
    reply = stack.api.post("/admin/failures/replay", json=selection)
    assert reply.status_code == status
    return reply.json()


def group(stack: Stack, step: str, error: str) -> dict[str, Any]:
    """The one group of failures with that step and error."""
    reply = stack.api.get("/admin/failures", params={"step": step, "error": error})
    [found] = reply.json()["groups"]
    return dict(found)


def failing(stack: Stack) -> Message:
    """A run that has failed, since its ticket held no word, and whose ticket was then mended."""
    ticket_id = stack.post("???").json()["ticket_id"]
    ticket = stack.ended(ticket_id)
    assert ticket["workflow_error"] == "InvalidTicket"
    stack.sql(
        "UPDATE tickets SET subject = 'VPN drops every hour' WHERE id = %s RETURNING id", ticket_id
    )
    return Message(uuid.UUID(ticket_id), ticket["workflow_run_id"], 1)


def traces(stack: Stack, *messages: Message) -> list[dict[str, Any]]:
    """Everything that a replay of these runs would leave."""
    return stack.sql(
        "SELECT r.id, r.status, r.attempt, t.version,"
        " (SELECT count(*) FROM outbox o WHERE o.run_id = r.id) AS messages,"
        " (SELECT count(*) FROM events e WHERE e.ticket_id = t.id) AS events"
        " FROM runs r JOIN tickets t ON t.id = r.ticket_id WHERE r.id = ANY(%s) ORDER BY r.id",
        [message.run_id for message in messages],
    )


def attempts(stack: Stack, message: Message) -> set[str]:
    """The attempts of the run that have an execution."""
    machine = stack.target["state_machines"]["TriageStateMachine"]
    pages = stack.aws("stepfunctions").get_paginator("list_executions")
    listed = (page["executions"] for page in pages.paginate(stateMachineArn=machine))
    names = [execution["name"] for page in listed for execution in page]
    prefix = f"t-{message.ticket_id}-r{message.run_id}-"
    return {name.removeprefix(prefix) for name in names if name.startswith(prefix)}


def test_failed_runs_are_replayed_one_by_one_and_by_group(stack: Stack) -> None:
    """F-C4 F-C6"""
    one, *others = (failing(stack) for _ in range(3))
    shown = group(stack, **GROUP)
    assert shown["count"] >= 3
    assert {m.run_id for m in (one, *others)} <= set(shown["run_ids"])

    before = traces(stack, one, *others)
    would = replay(stack, {"run_id": one.run_id, "dry_run": True}, 200)
    assert traces(stack, one, *others) == before
    done = replay(stack, {"run_id": one.run_id})
    assert would == {**done, "dry_run": True}
    assert [r["attempt"] for r in done["replayed"]] == [2]
    assert stack.ended(str(one.ticket_id))["workflow_status"] == "COMPLETED"
    # Their trails may go on, by escalation for example; their runs do not.
    kept = ("id", "status", "attempt", "messages")
    after = traces(stack, *others)
    assert [[each[name] for name in kept] for each in after] == [
        [each[name] for name in kept] for each in before[1:]
    ]
    assert stack.api.post("/admin/failures/replay", json={"run_id": one.run_id}).status_code == 409

    headers = {"Idempotency-Key": str(uuid.uuid4())}
    first, again = (
        stack.api.post("/admin/failures/replay", json=GROUP, headers=headers) for _ in range(2)
    )
    assert {m.run_id for m in others} <= {r["run_id"] for r in first.json()["replayed"]}
    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    for other in others:
        assert stack.ended(str(other.ticket_id))["workflow_status"] == "COMPLETED"
        assert attempts(stack, other) == {"a1", "a2"}


def test_an_overtaken_attempt_changes_nothing(stack: Stack) -> None:
    """F-C4 F-B7"""
    message = failing(stack)
    replay(stack, {"run_id": message.run_id})
    stack.ended(str(message.ticket_id))
    before = traces(stack, message)
    [queue] = stack.target["queues"].values()
    stack.aws("sqs").send_message(QueueUrl=queue, MessageBody=message.to_json())
    late = stack.aws("lambda").invoke(
        FunctionName=stack.target["functions"]["ClassifyFunction"], Payload=message.to_json()
    )
    assert json.loads(late["Payload"].read())["errorType"] == "AttemptOvertaken"
    # Dispatched behind it, so by then the first message was handled too.
    stack.ended(stack.post("Printer paper jam").json()["ticket_id"])
    assert traces(stack, message) == before
    assert attempts(stack, message) == {"a1", "a2"}


def test_reprocess_is_a_new_run(stack: Stack) -> None:
    """F-D13"""
    ticket_id = stack.post("Password reset").json()["ticket_id"]
    first = stack.ended(ticket_id)
    reply = stack.api.post(f"/tickets/{ticket_id}/reprocess")
    assert reply.status_code == 202
    location = reply.url.join(reply.headers["Location"])
    assert stack.api.get(location).json()["id"] == ticket_id
    again = stack.ended(ticket_id)
    assert again["workflow_run_id"] == reply.json()["workflow_run_id"] > first["workflow_run_id"]
    assert (again["workflow_status"], again["category"]) == ("COMPLETED", first["category"])


@pytest.fixture
def broken(stack: Stack) -> Iterator[Callable[[], None]]:
    """Classify cannot be imported until the function that this is has been called."""

    def start_at(handler: str) -> None:
        awslambda, name = stack.aws("lambda"), stack.target["functions"]["ClassifyFunction"]
        awslambda.update_function_configuration(FunctionName=name, Handler=handler)
        awslambda.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig=OFTEN)

    start_at("missing.handler")
    yield lambda: start_at("handler.handler")
    start_at("handler.handler")


def test_a_function_that_cannot_be_imported_is_named_and_replayed_by_its_name(
    stack: Stack, broken: Callable[[], None]
) -> None:
    """F-C4: the step before it is not blamed."""
    ticket_id = stack.post(f"VPN drops {uuid.uuid4()}").json()["ticket_id"]
    ticket = stack.ended(ticket_id)
    assert (ticket["workflow_status"], ticket["workflow_step"]) == ("FAILED", "classify")
    found = group(stack, "classify", ticket["workflow_error"])
    assert ticket["workflow_run_id"] in found["run_ids"]
    broken()
    done = replay(stack, {"step": "classify", "error": ticket["workflow_error"]})
    assert ticket["workflow_run_id"] in [each["run_id"] for each in done["replayed"]]
    assert stack.ended(ticket_id)["workflow_status"] == "COMPLETED"


@pytest.fixture
def dead(stack: Stack) -> Iterator[str]:
    """The dead-letter queue, empty before and after."""
    [url] = stack.target["dlqs"].values()
    sqs = stack.aws("sqs")
    sqs.purge_queue(QueueUrl=url)
    yield url
    sqs.purge_queue(QueueUrl=url)


def test_dead_letters_are_listed_replayed_and_kept(stack: Stack, dead: str) -> None:
    """F-C3 F-C4"""
    with psycopg.connect(stack.target["dsn"], autocommit=True, row_factory=dict_row) as conn:
        lost = Message(*arrange.accepted(conn, subject="Mailbox is full"), 1)
        outbox.mark_sent(conn, [lost])
    failed = failing(stack)
    poison = [f"poison {n}" for n in range(12)]
    for body in (lost.to_json(), failed.to_json(), *poison):
        stack.aws("sqs").send_message(QueueUrl=dead, MessageBody=body)

    before = traces(stack, lost, failed)
    listed = stack.api.get("/admin/failures", params={"step": "dispatch"}).json()
    counts = {g["error"]: g["count"] for g in listed["groups"] if g["source"] == "dead_letter"}
    assert counts == {"MessageInvalid": 12, "NotDispatched": 1, "RunFailed": 1}
    assert listed["dead_letters_waiting"] == 14
    would = replay(stack, {"all": True, "dry_run": True}, 200)
    assert would["dead_letters"] == {"replayed": 2, "settled": 0, "kept": 12}
    assert traces(stack, lost, failed) == before

    done = replay(stack, {"step": "dispatch", "error": "NotDispatched"})
    assert done["dead_letters"] == {"replayed": 1, "settled": 0, "kept": 0}
    assert [(r["run_id"], r["attempt"]) for r in done["replayed"]] == [(lost.run_id, 1)]
    assert stack.ended(str(lost.ticket_id))["workflow_status"] == "COMPLETED"
    assert attempts(stack, lost) == {"a1"}

    done = replay(stack, {"all": True})
    assert done["dead_letters"] == {"replayed": 1, "settled": 0, "kept": 12}
    assert (failed.run_id, 2) in [(r["run_id"], r["attempt"]) for r in done["replayed"]]
    assert stack.ended(str(failed.ticket_id))["workflow_status"] == "COMPLETED"
    listed = stack.api.get("/admin/failures", params={"error": "MessageInvalid"}).json()
    assert [g["count"] for g in listed["groups"]] == [listed["dead_letters_waiting"]] == [12]
