"""A replay through the real definition: what is done is done, what failed is tried again."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from deskhand.settings import environment
from deskhand.store.connection import Connection
from deskhand.store.outbox import Message
from deskhand.workflow.validate_ticket import validate
from tests import arrange
from tests.environment import new_environment
from tests.functions.workflow.recovering import replay, reprocess, run
from tests.statemachine.conftest import Machine
from tests.statemachine.scripted import Scripted, good, scripted
from tests.wire.models.faults import refuses


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    """The only provider: it refuses to classify once and then answers, over real HTTP."""
    with scripted(classify=[refuses(), good("classify")]) as (url, played):
        monkeypatch.setenv("LLM_PROVIDERS", "openai:any")
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        # The same question is asked again, and the model is to be seen answering.
        monkeypatch.setenv("LLM_CACHE_HOURS", "0")
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        environment.settings.cache_clear()
        yield played


@pytest.fixture(autouse=True)
def queue(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The tickets queue, into which a replay sends."""
    new_environment()
    url = boto3.client("sqs").create_queue(QueueName="tickets")["QueueUrl"]
    monkeypatch.setenv("QUEUE_URL", url)
    environment.settings.cache_clear()
    yield
    new_environment()


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


def outcomes(conn: Connection) -> dict[str, int]:
    """The attempt in which each step was done."""
    rows: Any = conn.execute("SELECT step, attempt FROM step_outcomes")
    return {row["step"]: row["attempt"] for row in rows}


EARLY = ("validate_ticket", "detect_duplicates")
BESIDE = ("extract_entities", "research")
LATE = ("draft_reply", "review_reply", "create_ticket")


def test_a_replay_goes_on_at_the_step_that_failed(
    conn: Connection, catalog: None, machine: Machine, model: Scripted, validated: list[str]
) -> None:
    """F-C6"""
    message = arranged(conn)
    assert machine.run(message)["error"] == "ModelRefused"
    assert run(conn, message)["current_step"] == "classify"
    assert model.asked["classify"] == 1
    next_attempt = again({"step": "classify", "error": "ModelRefused"})
    assert machine.run(next_attempt)["status"] == "SUCCEEDED"
    done = outcomes(conn)
    assert [done[step] for step in (*EARLY, "classify", *LATE)] == [1, 1, 2, 2, 2, 2]
    assert all(done[step] in (1, 2) for step in BESIDE)
    assert machine.calls.count("validate_ticket") == 2
    assert len(validated) == 1, "the second invocation got the stored outcome"
    assert model.asked["classify"] == 2
    assert 1 <= model.asked["extract_entities"] <= 2, "stopped, or not, when Classify failed"
    assert run(conn, message)["status"] == "COMPLETED"


def test_a_replay_asks_no_model_twice(
    conn: Connection, catalog: None, machine: Machine, model: Scripted, validated: list[str]
) -> None:
    """F-C6"""
    del model.scripts["classify"][0]
    message = arranged(conn)
    conn.execute("ALTER TABLE tickets ADD CONSTRAINT broken CHECK (title IS NULL)")
    assert machine.run(message)["error"] == "StepFailed"
    conn.execute("ALTER TABLE tickets DROP CONSTRAINT broken")
    assert machine.run(again({"run_id": message.run_id}))["status"] == "SUCCEEDED"
    done = outcomes(conn)
    assert done.pop("create_ticket") == 2
    assert set(done.values()) == {1}
    assert (len(validated), *model.asked.values()) == (1, 1, 1)


def test_reprocess_does_every_step_anew(
    conn: Connection, catalog: None, machine: Machine, model: Scripted, validated: list[str]
) -> None:
    """F-D13"""
    del model.scripts["classify"][0]
    message = arranged(conn)
    assert machine.run(message)["status"] == "SUCCEEDED"
    reply, document = reprocess(message.ticket_id)
    assert (reply["statusCode"], document["status"]) == (202, "open")
    anew = Message(message.ticket_id, document["workflow_run_id"], 1)
    assert machine.run(anew)["status"] == "SUCCEEDED"
    assert (len(validated), *model.asked.values()) == (2, 2, 2)
    assert [run(conn, each)["status"] for each in (message, anew)] == ["COMPLETED"] * 2
