"""From queue messages to executions: one each, and only what must come back comes back."""

import json
from concurrent.futures import ThreadPoolExecutor
from io import StringIO
from typing import Any
from uuid import UUID

import boto3
import pytest

from deskhand.logs import log
from deskhand.settings.environment import settings
from deskhand.store import outbox, runs, steps
from deskhand.store.connection import Connection
from deskhand.store.outbox import Message
from deskhand.workflow.executions import start
from functions.dispatch.handler import handler
from tests import arrange
from tests.functions.conftest import event
from tests.functions.workflow.recovering import failures, replay


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody gives a place up while a test looks on."""
    monkeypatch.setattr("functions.dispatch.handler.WAIT_SECONDS", 0)


def deliver(*bodies: str) -> list[str]:
    """The ids of the messages that come back."""
    [record] = event("dispatch")["Records"]
    records = [{**record, "messageId": message_id(i), "body": b} for i, b in enumerate(bodies)]
    reply = handler({"Records": records}, None)
    return [item["itemIdentifier"] for item in reply["batchItemFailures"]]


def message_id(number: int) -> str:
    """The id of the message with that number in a delivery."""
    return str(UUID(int=number + 1))


def letters(dead: str) -> list[Any]:
    """What anybody could receive from the dead-letter queue now."""
    reply = boto3.client("sqs").receive_message(QueueUrl=dead, MaxNumberOfMessages=10)
    return list(reply.get("Messages", []))


def executions() -> list[dict[str, Any]]:
    client = boto3.client("stepfunctions")
    listed = client.list_executions(stateMachineArn=settings().state_machine_arn)["executions"]
    return [dict(client.describe_execution(executionArn=e["executionArn"])) for e in listed]


def message(conn: Connection) -> Message:
    ticket_id, run_id = arrange.accepted(conn)
    return Message(ticket_id, run_id, 1)


def test_a_message_starts_one_execution_with_ids_only(conn: Connection, aws: None) -> None:
    owed = message(conn)
    assert deliver(owed.to_json()) == []
    [execution] = executions()
    assert execution["name"] == owed.execution_name
    assert json.loads(execution["input"]) == {
        "ticket_id": str(owed.ticket_id),
        "run_id": owed.run_id,
        "attempt": 1,
    }


def test_a_message_delivered_three_times_starts_one_execution(conn: Connection, aws: None) -> None:
    """F-B7"""
    owed = message(conn)
    assert deliver(*[owed.to_json()] * 3) == []
    assert len(executions()) == 1


@pytest.mark.parametrize(
    "poison",
    [
        "no json SECRET-CANARY",
        "{}",
        '{"ticket_id":"x","run_id":1,"attempt":1}',
        "[]",
        "[" * 10_000,
        Message(UUID(int=7), 2**63, 1).to_json(),
        Message(UUID(int=7), 1, 2**31).to_json(),
    ],
)
def test_poison_is_buried_at_once_and_its_neighbours_start(
    conn: Connection, dead: str, poison: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-C3: no retry could make a message of it, and five of them take fifteen minutes."""
    logged = StringIO()
    monkeypatch.setattr(log.registered_handler, "stream", logged)
    first, second = message(conn), message(conn)
    assert deliver(first.to_json(), poison, second.to_json()) == []
    assert len(executions()) == 2
    assert f'"message_id":"{message_id(1)}"' in logged.getvalue()
    assert "SECRET-CANARY" not in logged.getvalue()
    [group] = failures()["groups"]
    assert (group["step"], group["error"], group["count"]) == ("dispatch", "MessageInvalid", 1)
    assert group["example"]["message_id"] == message_id(1)
    assert [each["Body"] for each in letters(dead)] == [poison]


def test_poison_comes_back_while_the_dead_letter_queue_is_silent(
    conn: Connection, dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-C3: nothing is acknowledged that is kept nowhere."""
    monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", dead + "-is-gone")
    settings.cache_clear()
    owed = message(conn)
    assert deliver("poison", owed.to_json()) == [message_id(0)]
    assert len(executions()) == 1


def test_poison_that_is_buried_twice_counts_once(
    conn: Connection, dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-C3: dispatch was killed before SQS heard of the first burial."""
    for _ in range(2):
        assert deliver("poison") == []
    [group] = failures()["groups"]
    assert (group["count"], failures()["dead_letters_waiting"]) == (1, 2)
    assert replay({"all": True})[1]["dead_letters"]["kept"] == 1
    assert len(letters(dead)) == 2


def test_the_id_that_somebody_sent_along_is_shown_only_if_it_is_one(
    conn: Connection, dead: str
) -> None:
    noted: Any = {"message_id": {"DataType": "String", "StringValue": "SECRET-CANARY"}}
    sent = boto3.client("sqs").send_message(
        QueueUrl=dead, MessageBody="poison", MessageAttributes=noted
    )
    [group] = failures()["groups"]
    assert group["example"]["message_id"] == sent["MessageId"]


def test_unknown_ended_and_overtaken_runs_are_acknowledged(conn: Connection, aws: None) -> None:
    unknown, ended, overtaken = message(conn), message(conn), message(conn)
    conn.execute("DELETE FROM outbox WHERE run_id = %s", [unknown.run_id])
    conn.execute("UPDATE events SET run_id = NULL WHERE run_id = %s", [unknown.run_id])
    conn.execute("DELETE FROM runs WHERE id = %s", [unknown.run_id])
    runs.fail(conn, ended.run_id, 1, "Broken", "why")
    arrange.sent(conn)
    [stalled] = [r for r in runs.stalled_runs(conn, 0, 10) if r.run_id == overtaken.run_id]
    runs.next_attempt(conn, stalled)
    assert deliver(unknown.to_json(), ended.to_json(), overtaken.to_json()) == []
    assert executions() == []


def test_the_next_attempt_of_a_run_under_way_is_started(conn: Connection, aws: None) -> None:
    first = message(conn)
    steps.open_step(conn, first.run_id, 1, "classify", 0)
    [stalled] = runs.stalled_runs(conn, 0, 10)
    runs.next_attempt(conn, stalled)
    owed = Message(first.ticket_id, first.run_id, 2)
    assert deliver(owed.to_json()) == []
    assert [execution["name"] for execution in executions()] == [owed.execution_name]


def test_an_execution_that_has_ended_is_not_started_again(conn: Connection, aws: None) -> None:
    owed = message(conn)
    start(owed)
    arn = owed.execution_arn(settings().state_machine_arn)
    boto3.client("stepfunctions").stop_execution(executionArn=arn)
    assert deliver(owed.to_json()) == []
    assert [execution["status"] for execution in executions()] == ["ABORTED"]


def test_a_state_machine_that_refuses_returns_the_message(conn: Connection, aws: None) -> None:
    owed = message(conn)
    boto3.client("stepfunctions").delete_state_machine(stateMachineArn=settings().state_machine_arn)
    assert deliver(owed.to_json()) == [message_id(0)]


def test_a_burst_waits_for_places(
    conn: Connection, aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-C8"""
    monkeypatch.setenv("MAX_OPEN_RUNS", "2")
    settings.cache_clear()
    owed = [message(conn) for _ in range(5)]
    outbox.mark_sent(conn, owed)
    assert deliver(*[each.to_json() for each in owed]) == []
    assert len(executions()) == 2
    # The others are acknowledged and owed again; one that has its place asks in vain for another.
    assert outbox.unsent(conn) == 3
    assert deliver(owed[0].to_json(), owed[4].to_json()) == []
    assert len(executions()) == 2
    runs.fail(conn, owed[0].run_id, 1, "Broken", "why")
    assert deliver(owed[4].to_json()) == []
    assert len(executions()) == 3


def test_dispatch_waits_until_a_place_is_free(
    database: str, conn: Connection, aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-C8"""
    monkeypatch.setattr("functions.dispatch.handler.WAIT_SECONDS", 30)
    monkeypatch.setenv("MAX_OPEN_RUNS", "1")
    settings.cache_clear()
    first, second = message(conn), message(conn)
    deliver(first.to_json())
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(deliver, second.to_json())
        runs.fail(conn, first.run_id, 1, "Broken", "why")
        assert waiting.result() == []
    assert len(executions()) == 2
    assert outbox.unsent(conn) == 2  # neither was marked: nothing was postponed
