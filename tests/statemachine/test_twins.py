"""One attempt started twice at once, as EXPRESS allows: one execution works on it."""

import contextlib
from collections.abc import Iterator
from typing import Any, cast

import pytest

from deskhand.settings import environment
from deskhand.store.connection import Connection, own_connection
from deskhand.store.outbox import Message
from deskhand.workflow import record_failure, step
from deskhand.workflow.reconcile import reconcile
from tests import arrange
from tests.statemachine.conftest import Machine
from tests.statemachine.scripted import Scripted, scripted

TWINS = ("one", "other")


@pytest.fixture
def model(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    """The only provider. No cache: only the fence keeps a question from being asked twice."""
    with scripted() as (url, played):
        monkeypatch.setenv("LLM_PROVIDERS", "openai:any")
        monkeypatch.setenv("OPENAI_API_KEY", "k")
        monkeypatch.setenv("LLM_CACHE_HOURS", "0")
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("STATE_MACHINE_ARN", machine.arn)
        environment.settings.cache_clear()
        yield played


@pytest.fixture
def at_once(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """The machine, whose functions run at the same time, each with a connection of its own."""

    @contextlib.contextmanager
    def own(*, keep: bool) -> Iterator[Connection]:
        with own_connection() as conn:
            yield conn

    for module in (step, record_failure):
        monkeypatch.setattr(module, "connection", own)
    machine.process = cast(Any, contextlib.nullcontext())
    return machine


def arranged(conn: Connection) -> Message:
    text = {"subject": "VPN disconnects", "body": "It drops every few minutes."}
    return Message(*arrange.accepted(conn, **text), 1)


def started(machine: Machine, message: Message) -> list[str]:
    """How the executions of both twins ended, and with which error."""
    ended = machine.run_at_once(message, TWINS)
    return sorted(f"{each['status']} {each.get('error', '')}".strip() for each in ended)


def what_happened(conn: Connection) -> list[tuple[str, int]]:
    """Each kind of event of each step, and how often."""
    rows = conn.execute(
        "SELECT concat_ws(' ', kind, step) AS what, count(*) AS n FROM events"
        " WHERE kind LIKE 'step.%%' OR kind LIKE 'run.%%' OR kind LIKE 'model.%%'"
        " GROUP BY 1 ORDER BY 1"
    ).fetchall()
    return [(row["what"], row["n"]) for row in rows]


def test_twins_make_one_ticket_and_ask_models_once(
    conn: Connection, catalog: None, at_once: Machine, model: Scripted
) -> None:
    """F-C6"""
    message = arranged(conn)
    outcomes = started(at_once, message)
    # The second one may find everything done, and then ends well too.
    assert "SUCCEEDED" in outcomes
    assert set(outcomes) <= {"SUCCEEDED", "FAILED AttemptOvertaken"}
    assert model.asked and set(model.asked.values()) == {1}
    assert {count for what, count in what_happened(conn)} == {1}
    [row] = conn.execute("SELECT status, attempt, execution FROM runs").fetchall()
    assert (row["status"], row["attempt"]) == ("COMPLETED", 1)
    assert row["execution"].rpartition(":")[2] in TWINS
    assert arrange.count(conn, "tickets") == 1


def test_a_twin_ends_no_run_that_is_not_its_own(conn: Connection, catalog: None) -> None:
    """The failure of one that was overtaken is not the run's."""
    message = arranged(conn)
    conn.execute("UPDATE runs SET status = 'IN_PROGRESS', execution = 'one'")
    failure = {"run_id": message.run_id, "attempt": 1, "error": "AttemptOvertaken", "cause": ""}
    assert not record_failure.record({**failure, "execution": "other"})
    assert conn.execute("SELECT status FROM runs").fetchone() == {"status": "IN_PROGRESS"}
    assert record_failure.record({**failure, "execution": "one"})


def test_the_next_attempt_is_free_for_any_execution(
    conn: Connection, catalog: None, machine: Machine, model: Scripted
) -> None:
    """F-C4"""
    message = arranged(conn)
    conn.execute(
        "UPDATE runs SET status = 'IN_PROGRESS', current_step = 'classify', execution = 'lost'"
    )
    assert machine.run(message)["error"] == "AttemptOvertaken"
    assert conn.execute("SELECT status FROM runs").fetchone() == {"status": "IN_PROGRESS"}
    assert not model.asked
    assert reconcile(stalled_after_seconds=0) == {"next_attempt": 1}
    second = Message(message.ticket_id, message.run_id, 2)
    assert machine.run(second)["status"] == "SUCCEEDED"
