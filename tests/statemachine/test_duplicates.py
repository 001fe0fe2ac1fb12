"""Tickets that tell of the same thing, through the real definition."""

from collections.abc import Iterator
from typing import Any

import pytest

import functions.detect_duplicates.handler as detect_module
import functions.research.handler as research_module
from deskhand.duplicates.detect import find
from deskhand.errors import DeskhandError, ModelUnavailable
from deskhand.store import runs, steps, tickets
from deskhand.store.connection import Connection
from deskhand.store.outbox import Message
from deskhand.workflow.step import MAX_RETRIES
from functions.refresh_vectors.handler import handler as refresh
from tests import arrange
from tests.adapters import embedders_closed_at_the_end
from tests.functions.duplicates import alike
from tests.functions.duplicates.alike import LIKE, SAME, VPN
from tests.functions.operations.invariants import broken
from tests.functions.similarity.embedding import TINY, configure
from tests.statemachine.conftest import Machine
from tests.wire.models.faults import answers, hangs
from tests.wire.models.model_server import Act, ModelServer
from tests.wire.similarity.vectors import gives

# What needs the embedding model.
LOST = ["detect_duplicates", "research"]


@pytest.fixture(autouse=True)
def _embedders_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from embedders_closed_at_the_end(monkeypatch)


def arranged(conn: Connection, **columns: object) -> Message:
    ticket_id, run_id = arrange.accepted(conn, **columns)
    return Message(ticket_id, run_id, 1)


def after(conn: Connection, message: Message) -> dict[str, Any]:
    ticket = tickets.get(conn, message.ticket_id)
    assert ticket is not None
    return ticket


def classified(conn: Connection) -> int:
    """How many tickets a model was asked to classify."""
    row = conn.execute("SELECT count(*) AS n FROM model_calls WHERE step = 'classify'").fetchone()
    return int(row["n"])


def test_a_duplicate_skips_the_model(conn: Connection, catalog: None, machine: Machine) -> None:
    """F-D3 F-D11"""
    original, repeat = arranged(conn, **VPN), arranged(conn, **SAME)
    assert machine.run(original)["status"] == "SUCCEEDED"
    machine.calls.clear()
    assert machine.run(repeat)["status"] == "SUCCEEDED"
    assert machine.calls == [
        "validate_ticket", "detect_duplicates", "link_duplicate", "create_ticket"
    ]  # fmt: skip
    ticket = after(conn, repeat)
    assert ticket["duplicate_of"] == original.ticket_id
    assert (ticket["workflow_status"], ticket["category"]) == ("COMPLETED", "Network")
    assert classified(conn) == 1
    assert broken() == {}


def test_what_is_only_alike_is_triaged_itself(
    conn: Connection, catalog: None, machine: Machine
) -> None:
    """F-F2"""
    first, second = arranged(conn, **VPN), arranged(conn, **LIKE)
    for message in (first, second):
        assert machine.run(message)["status"] == "SUCCEEDED"
    ticket = after(conn, second)
    assert (ticket["duplicate_of"], ticket["degraded"]) == (None, [])
    assert [each["ticket_id"] for each in ticket["suggested_duplicates"]] == [str(first.ticket_id)]
    assert classified(conn) == 2


def test_a_duplicate_waits_for_the_triage_of_its_original(
    conn: Connection, catalog: None, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-D11"""
    original, repeat = arranged(conn, **VPN), arranged(conn, **SAME)
    run = (original.ticket_id, original.run_id)
    alike.call("validate_ticket", run)
    verdict = alike.call("detect_duplicates", run)
    usual = machine.invoke

    def then_triaged(name: str, *given: Any) -> bytes:
        answer = usual(name, *given)
        if name == "link_duplicate" and machine.calls.count(name) == 2:
            alike.go_on(run, verdict)
        return answer

    monkeypatch.setattr(machine, "invoke", then_triaged)
    assert machine.run(repeat)["status"] == "SUCCEEDED"
    assert machine.calls.count("link_duplicate") == 3
    assert "classify" not in machine.calls
    assert after(conn, repeat)["category"] == "Network"
    assert classified(conn) == 1


def test_an_original_that_is_never_triaged_is_not_waited_for_without_end(
    conn: Connection, catalog: None, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("functions.link_duplicate.handler.MAX_WAITS", 1)
    original, repeat = arranged(conn, **VPN), arranged(conn, **SAME)
    alike.call("detect_duplicates", (original.ticket_id, original.run_id))
    assert machine.run(repeat)["status"] == "SUCCEEDED"
    ticket = after(conn, repeat)
    assert (ticket["duplicate_of"], ticket["category"]) == (original.ticket_id, "Network")
    assert machine.calls.count("classify") == 1


@pytest.mark.parametrize(("error", "tries"), [(ModelUnavailable, 1 + MAX_RETRIES), (ValueError, 1)])
@pytest.mark.parametrize(
    ("module", "word", "step"),
    [(detect_module, "find", "detect_duplicates"), (research_module, "research", "research")],
)
def test_a_ticket_goes_on_without_what_it_can_do_without(
    conn: Connection,
    catalog: None,
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    module: Any,
    word: str,
    step: str,
    error: type[Exception],
    tries: int,
) -> None:
    """F-D10"""

    def away(*_: Any) -> None:
        raise error

    monkeypatch.setattr(module, word, away)
    message = arranged(conn, **VPN)
    assert machine.run(message)["status"] == "SUCCEEDED"
    assert machine.calls.count(step) == tries
    ticket = after(conn, message)
    assert (ticket["degraded"], ticket["category"]) == ([step], "Network")
    assert ticket["workflow_status"] == "COMPLETED"
    assert steps.outcomes(conn, message.run_id)["create_ticket"]["degraded"] == [step]
    failed = [e for e in tickets.events(conn, message.ticket_id) if e["kind"] == "step.failed"]
    assert len(failed) == tries
    assert broken() == {}


AWAY: dict[str, tuple[Act, int]] = {
    "hangs": (hangs(), 1 + MAX_RETRIES),
    "refuses": (answers(401, {}), 1),
}


@pytest.mark.parametrize(("act", "tries"), AWAY.values(), ids=AWAY)
def test_a_ticket_goes_on_without_an_embedding_model_and_is_read_later(
    conn: Connection,
    catalog: None,
    machine: Machine,
    monkeypatch: pytest.MonkeyPatch,
    act: Act,
    tries: int,
) -> None:
    """F-D10 F-F4"""
    with ModelServer(gives()) as server:
        configure(monkeypatch, TINY, openai_base_url=f"{server.url}/v1")
        assert refresh({}, None)["serving"] == TINY
        server.script[:] = [act]
        configure(monkeypatch, TINY, llm_timeout_seconds="0.2")
        message = arranged(conn, **VPN)
        assert machine.run(message)["status"] == "SUCCEEDED"
        assert [machine.calls.count(step) for step in LOST] == [tries, tries]
        ticket = after(conn, message)
        assert (ticket["degraded"], ticket["category"]) == (LOST, "Network")
        assert ticket["workflow_status"] == "COMPLETED"
        assert refresh({}, None)["read"] == 0
        server.script[:] = [gives()]
        configure(monkeypatch, TINY, llm_timeout_seconds="50")
        assert refresh({}, None)["read"] == 1
        repeat = arranged(conn, **SAME)
        assert machine.run(repeat)["status"] == "SUCCEEDED"
    assert after(conn, repeat)["duplicate_of"] == message.ticket_id
    assert broken() == {}


def test_a_link_that_fails_leaves_the_ticket_to_be_triaged_itself(
    conn: Connection, catalog: None, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-D10"""

    def away(*_: Any, **__: Any) -> None:
        raise DeskhandError

    machine.run(arranged(conn, **VPN))
    monkeypatch.setattr("functions.link_duplicate.handler.link_of", away)
    message = arranged(conn, **SAME)
    assert machine.run(message)["status"] == "SUCCEEDED"
    ticket = after(conn, message)
    assert (ticket["degraded"], ticket["duplicate_of"]) == (["link_duplicate"], None)
    assert ticket["category"] == "Network"


def test_an_attempt_that_was_overtaken_does_not_go_on(
    conn: Connection, catalog: None, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Although its step is one that a run can do without."""
    message = arranged(conn, **VPN)
    usual = find

    def meanwhile(*given: Any) -> Any:
        arrange.sent(conn)
        [stalled] = runs.stalled_runs(conn, 0, 1)
        assert runs.next_attempt(conn, stalled)
        return usual(*given)

    monkeypatch.setattr(detect_module, "find", meanwhile)
    assert machine.run(message)["error"] == "AttemptOvertaken"
    assert after(conn, message)["category"] is None
