"""Every path of the state machine, on real Postgres."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from deskhand.api.caller import Caller
from deskhand.settings import environment
from deskhand.sla.ticket_sla import sla_of
from deskhand.store import runs, tickets
from deskhand.store.connection import Connection
from deskhand.store.outbox import Message
from deskhand.tickets.correct import Correction, correct
from deskhand.workflow.step import MAX_RETRIES
from tests import arrange
from tests.statemachine.conftest import Machine

VPN = {"subject": "VPN disconnects", "body": "Remote access drops every few minutes. SECRET-CANARY"}


def arranged(conn: Connection, **columns: object) -> Message:
    ticket_id, run_id = arrange.accepted(conn, **{**VPN, **columns})
    return Message(ticket_id, run_id, 1)


def after(conn: Connection, message: Message) -> dict[str, Any]:
    ticket = tickets.get(conn, message.ticket_id)
    assert ticket is not None
    return ticket


def test_a_ticket_goes_all_the_way(conn: Connection, catalog: None, machine: Machine) -> None:
    """F-D1 F-D4 F-D9"""
    message = arranged(conn)
    execution = machine.run(message)
    assert execution["status"] == "SUCCEEDED"
    ticket = after(conn, message)
    assert ticket["workflow_status"] == "COMPLETED"
    assert (ticket["category"], ticket["request_type"]) == ("Network", "VPN access")
    assert (ticket["status"], ticket["priority"], ticket["route"]) == (
        "open",
        "high",
        "network-team",
    )
    assert ticket["title"].startswith("[P2][NETWORK] ")
    assert (ticket["due_at"] - ticket["created_at"]).total_seconds() == 8 * 3600
    assert (ticket["ai_status"], ticket["ai_provider"]) == ("COMPLETED", "offline")
    assert ticket["evidence"]
    trail = [(e["kind"], e["step"]) for e in tickets.events(conn, message.ticket_id)]
    beside = {
        ("model.called", "classify"),
        ("step.succeeded", "classify"),
        ("model.called", "extract_entities"),
        ("step.succeeded", "extract_entities"),
        ("step.succeeded", "research"),
    }
    assert set(trail[5:10]) == beside
    assert trail[:5] + trail[10:] == [
        ("ticket.created", None),
        ("run.pending", None),
        ("run.in_progress", "validate_ticket"),
        ("step.succeeded", "validate_ticket"),
        ("step.succeeded", "detect_duplicates"),
        ("step.succeeded", "draft_reply"),
        ("step.succeeded", "review_reply"),
        ("ticket.status", None),
        ("sla.due", None),
        ("step.succeeded", "create_ticket"),
        ("run.completed", "create_ticket"),
    ]


def test_history_carries_no_ticket_text(conn: Connection, catalog: None, machine: Machine) -> None:
    """F-K6"""
    for message in (arranged(conn), arranged(conn, subject="!?", body="...")):
        arn = machine.run(message)["executionArn"]
        history = machine.client.get_execution_history(executionArn=arn)
        text = json.dumps(history, default=str)
        assert "SECRET-CANARY" not in text
        assert "disconnects" not in text


def test_nothing_to_triage_fails_before_any_model(
    conn: Connection, catalog: None, machine: Machine
) -> None:
    """F-D2"""
    message = arranged(conn, subject="?!", body="🙂🙂")
    execution = machine.run(message)
    assert (execution["status"], execution["error"]) == ("FAILED", "InvalidTicket")
    assert machine.calls == ["validate_ticket", "record_failure"]
    ticket = after(conn, message)
    assert ticket["workflow_status"] == "FAILED"
    assert ticket["workflow_error"] == "InvalidTicket"
    assert ticket["workflow_reason"] == "neither subject nor body holds a single word"
    assert (ticket["ai_status"], ticket["needs_review"]) == ("FAILED", True)


def test_a_missing_catalog_is_named(conn: Connection, machine: Machine) -> None:
    message = arranged(conn)
    assert machine.run(message)["error"] == "CatalogMissing"
    assert "load_catalog" in str(after(conn, message)["workflow_reason"])


def test_a_replay_repeats_no_finished_step(
    conn: Connection, catalog: None, machine: Machine
) -> None:
    """F-C6"""
    message = arranged(conn)
    conn.execute("ALTER TABLE tickets ADD CONSTRAINT broken CHECK (title IS NULL)")
    assert machine.run(message)["error"] == "StepFailed"
    conn.execute("ALTER TABLE tickets DROP CONSTRAINT broken")
    conn.execute(
        "UPDATE runs SET status = 'PENDING', attempt = 2, execution = NULL, error = NULL,"
        " reason = NULL, finished_at = NULL"
    )
    before = after(conn, message)["updated_at"]
    replay = Message(message.ticket_id, message.run_id, 2)
    assert machine.run(replay)["status"] == "SUCCEEDED"
    outcomes = conn.execute("SELECT step, attempt FROM step_outcomes")
    done = {outcome["step"]: outcome["attempt"] for outcome in outcomes}
    assert done.pop("create_ticket") == 2
    assert len(done) == 7
    assert set(done.values()) == {1}
    assert after(conn, message)["updated_at"] > before


def test_an_overtaken_execution_changes_nothing(
    conn: Connection, catalog: None, machine: Machine
) -> None:
    message = arranged(conn)
    arrange.sent(conn)
    [stalled] = runs.stalled_runs(conn, 0, 1)
    runs.next_attempt(conn, stalled)
    assert machine.run(message)["error"] == "AttemptOvertaken"
    ticket = after(conn, message)
    assert (ticket["workflow_status"], ticket["category"]) == ("PENDING", None)


class Unavailable(BaseHTTPRequestHandler):
    """A model that is always overloaded, and counts how often it was asked."""

    asked = 0

    def do_POST(self) -> None:
        type(self).asked += 1
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def overloaded(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Unavailable]]:
    """An OpenAI endpoint that answers 503, before `offline` in the chain."""
    Unavailable.asked = 0
    server = HTTPServer(("127.0.0.1", 0), Unavailable)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://127.0.0.1:{server.server_port}/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    monkeypatch.setenv("LLM_PROVIDERS", "openai:any,offline")
    environment.settings.cache_clear()
    yield Unavailable
    server.shutdown()
    thread.join()
    server.server_close()


def test_the_last_retry_is_answered_by_the_next_provider(
    conn: Connection, catalog: None, machine: Machine, overloaded: type[Unavailable]
) -> None:
    """F-C5 F-E4"""
    message = arranged(conn)
    assert machine.run(message)["status"] == "SUCCEEDED"
    assert machine.calls.count("classify") == 1 + MAX_RETRIES
    assert machine.calls.count("extract_entities") == 1 + MAX_RETRIES
    assert overloaded.asked == 2 * (1 + MAX_RETRIES)
    ticket = after(conn, message)
    assert (ticket["ai_status"], ticket["ai_provider"]) == ("FALLBACK", "offline")
    failures = [e for e in tickets.events(conn, message.ticket_id) if e["kind"] == "step.failed"]
    assert [e["data"]["error"] for e in failures] == ["ModelUnavailable"] * 2 * MAX_RETRIES


def test_what_fits_nothing_waits_in_the_triage_queue_until_people_place_it(
    conn: Connection, catalog: None, machine: Machine
) -> None:
    """F-G8: no category, no team and no due time of a guess; people's choice sets the rest."""
    message = arranged(conn, subject="Lunch menu", body="What is for lunch on Friday?")
    assert machine.run(message)["status"] == "SUCCEEDED"
    ticket = after(conn, message)
    assert (ticket["category"], ticket["request_type"]) == (None, None)
    assert (ticket["status"], ticket["route"], ticket["priority"], ticket["needs_review"]) == (
        "open",
        "service-desk",
        "medium",
        True,
    )
    assert ticket["title"] == f"[P3] {ticket['summary']}"
    assert (ticket["due_at"] - ticket["created_at"]).total_seconds() == 4 * 3600
    places = ticket["likely_places"]
    assert len(places) == 3
    assert all(each["confidence"] < 0.3 and each["why"] for each in places)
    assert sla_of(conn, message.ticket_id, None)["rule"]["category"] is None

    choice = Correction(category="Network", request_type="VPN access")
    correct(conn, message.ticket_id, Caller("user:ann", "admin"), choice)
    ticket = after(conn, message)
    assert (ticket["route"], ticket["priority"], ticket["needs_review"]) == (
        "network-team",
        "high",
        False,
    )
    assert ticket["title"].startswith("[P2][NETWORK] ")
    assert (ticket["due_at"] - ticket["created_at"]).total_seconds() == 8 * 3600


def test_a_duplicate_of_an_unplaced_ticket_is_triaged_itself(
    conn: Connection, catalog: None, machine: Machine
) -> None:
    """F-G8: there is nothing to inherit."""
    text = {"subject": "Lunch menu", "body": "What is for lunch in the canteen on Friday?"}
    first, second = arranged(conn, **text), arranged(conn, **text)
    for message in (first, second):
        assert machine.run(message)["status"] == "SUCCEEDED"
    ticket = after(conn, second)
    assert ticket["duplicate_of"] == first.ticket_id
    assert (ticket["category"], ticket["route"]) == (None, "service-desk")
    assert len(ticket["likely_places"]) == 3
