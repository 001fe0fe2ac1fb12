"""A replay through the real definition: what is done is done, what failed is tried again."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from deskhand import settings
from deskhand.queue import sqs
from deskhand.store.connection import Connection
from deskhand.store.outbox import Message
from deskhand.validation import validate
from tests import arrange
from tests.functions.recovering import replay, reprocess, run
from tests.providers.faults import refuses
from tests.providers.model_server import ModelServer, says
from tests.statemachine.conftest import Machine

ANSWER = {
    "category": "Network",
    "request_type": "VPN access",
    "summary": "The VPN disconnects.",
    "confidence": 0.9,
    "evidence": ["drops every few minutes"],
}


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    """The only provider: it refuses once and then answers, over real HTTP."""
    with ModelServer(refuses(), says(json.dumps(ANSWER))) as server:
        monkeypatch.setenv("LLM_PROVIDERS", "openai:any")
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        # The same question is asked again, and the model is to be seen answering.
        monkeypatch.setenv("LLM_CACHE_HOURS", "0")
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        settings.settings.cache_clear()
        yield server


@pytest.fixture(autouse=True)
def queue(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The tickets queue, into which a replay sends."""
    sqs.cache_clear()
    url = boto3.client("sqs").create_queue(QueueName="tickets")["QueueUrl"]
    monkeypatch.setenv("QUEUE_URL", url)
    settings.settings.cache_clear()
    yield
    sqs.cache_clear()


@pytest.fixture
def validated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The subjects that the body of validate_ticket has looked at."""
    seen: list[str] = []

    def spy(subject: str, body: str) -> int:
        seen.append(subject)
        return validate(subject, body)

    monkeypatch.setattr("functions.validate_ticket.handler.validate", spy)
    return seen


def arranged(conn: Connection) -> Message:
    ticket_id, run_id = arrange.accepted(
        conn, subject="VPN disconnects", body="It drops every few minutes."
    )
    return Message(ticket_id, run_id, 1)


def again(body: object) -> Message:
    """The message of the one run that was replayed."""
    [replayed] = replay(body)[1]["replayed"]
    return Message(**replayed)


def outcomes(conn: Connection) -> list[tuple[str, int]]:
    rows: Any = conn.execute("SELECT step, attempt FROM step_outcomes ORDER BY created_at")
    return [(row["step"], row["attempt"]) for row in rows]


def test_a_replay_goes_on_at_the_step_that_failed(
    conn: Connection, catalog: None, machine: Machine, model: ModelServer, validated: list[str]
) -> None:
    """F-C6"""
    message = arranged(conn)
    assert machine.run(message)["error"] == "ModelRefused"
    assert run(conn, message)["current_step"] == "classify"
    assert len(model.requests) == 1
    next_attempt = again({"step": "classify", "error": "ModelRefused"})
    assert machine.run(next_attempt)["status"] == "SUCCEEDED"
    assert outcomes(conn) == [
        *[("validate_ticket", 1), ("detect_duplicates", 1)],
        *[("classify", 2), ("research", 2), ("create_ticket", 2)],
    ]
    assert machine.calls.count("validate_ticket") == 2
    assert len(validated) == 1, "the second invocation got the stored outcome"
    assert len(model.requests) == 2
    assert run(conn, message)["status"] == "COMPLETED"


def test_a_replay_asks_no_model_twice(
    conn: Connection, catalog: None, machine: Machine, model: ModelServer, validated: list[str]
) -> None:
    """F-C6"""
    del model.script[0]
    message = arranged(conn)
    conn.execute("ALTER TABLE tickets ADD CONSTRAINT broken CHECK (title IS NULL)")
    assert machine.run(message)["error"] == "StepFailed"
    conn.execute("ALTER TABLE tickets DROP CONSTRAINT broken")
    assert machine.run(again({"run_id": message.run_id}))["status"] == "SUCCEEDED"
    assert outcomes(conn) == [
        *[("validate_ticket", 1), ("detect_duplicates", 1)],
        *[("classify", 1), ("research", 1), ("create_ticket", 2)],
    ]
    assert (len(validated), len(model.requests)) == (1, 1)


def test_reprocess_does_every_step_anew(
    conn: Connection, catalog: None, machine: Machine, model: ModelServer, validated: list[str]
) -> None:
    """F-D13"""
    del model.script[0]
    message = arranged(conn)
    assert machine.run(message)["status"] == "SUCCEEDED"
    reply, document = reprocess(message.ticket_id)
    assert (reply["statusCode"], document["status"]) == (202, "open")
    anew = Message(message.ticket_id, document["workflow_run_id"], 1)
    assert machine.run(anew)["status"] == "SUCCEEDED"
    assert (len(validated), len(model.requests)) == (2, 2)
    assert [run(conn, each)["status"] for each in (message, anew)] == ["COMPLETED"] * 2
