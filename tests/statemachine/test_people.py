"""People edit and delete tickets while the workflow is at work on them."""

from collections.abc import Callable
from itertools import count
from typing import Any

import pytest

import functions.classify.handler as classify_module
import functions.create_ticket.handler as create_ticket_module
from deskhand.api.caller import Caller
from deskhand.api.etag import Tags
from deskhand.store import tickets
from deskhand.store.connection import Connection
from deskhand.store.outbox import Message
from deskhand.tickets.delete import delete_ticket
from deskhand.tickets.edit import Condition, Edit, edit_ticket
from deskhand.workflow.step import MAX_RETRIES
from tests import arrange
from tests.statemachine.conftest import Machine

PEOPLE = Caller("user:ann", "admin")
OF_A_TICKET = ("tickets", "runs", "step_outcomes", "outbox", "events")


@pytest.fixture
def message(conn: Connection, catalog: None) -> Message:
    """The message of a ticket about a VPN."""
    ticket_id, run_id = arrange.accepted(
        conn, subject="VPN disconnects", body="Remote access drops every few minutes."
    )
    return Message(ticket_id, run_id, 1)


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Has something done whenever a step, Classify at first, has read and not yet written.

    What is to be done is told how often that was before.
    """

    def arrange_for(action: Callable[[int], object], module: Any = classify_module) -> None:
        word = "classify_text" if module is classify_module else "presentation_of"
        usual = getattr(module, word)
        times = count()

        def disturbed(*given: Any) -> Any:
            action(next(times))
            return usual(*given)

        monkeypatch.setattr(module, word, disturbed)

    return arrange_for


def edit(conn: Connection, message: Message, **changes: Any) -> None:
    edit_ticket(conn, message.ticket_id, PEOPLE, Edit(**changes), Condition(Tags(every=True)))


def after(conn: Connection, message: Message) -> dict[str, Any]:
    ticket = tickets.get(conn, message.ticket_id)
    assert ticket is not None
    return ticket


def errors(conn: Connection, message: Message) -> list[str]:
    events = tickets.events(conn, message.ticket_id)
    return [each["data"]["error"] for each in events if each["kind"] == "step.failed"]


def test_a_text_that_changes_is_triaged_anew(
    conn: Connection, machine: Machine, message: Message, meanwhile: Any
) -> None:
    """F-C5 F-C7"""
    texts = ["The VPN is slow", "My monitor flickers"]
    meanwhile(lambda n: edit(conn, message, subject=texts[n], body="") if n < 2 else None)
    assert machine.run(message)["status"] == "SUCCEEDED"
    ticket = after(conn, message)
    assert (ticket["category"], ticket["request_type"]) == ("Workplace", "Monitor")
    assert (ticket["text_version"], ticket["ai_status"]) == (3, "COMPLETED")
    assert errors(conn, message) == ["TicketEdited"] * 2
    assert machine.calls.count("classify") == 3


def test_a_text_that_changes_without_end_fails_the_run(
    conn: Connection, machine: Machine, message: Message, meanwhile: Any
) -> None:
    """F-C5"""
    meanwhile(lambda n: edit(conn, message, subject=f"VPN {n}"))
    assert machine.run(message)["error"] == "TicketEdited"
    assert machine.calls.count("classify") == 1 + MAX_RETRIES
    assert after(conn, message)["workflow_error"] == "TicketEdited"


def test_what_people_set_meanwhile_stays_to_the_end(
    conn: Connection, machine: Machine, message: Message, meanwhile: Any
) -> None:
    """F-C7"""
    meanwhile(lambda n: edit(conn, message, priority="critical", assignee="ann"))
    assert machine.run(message)["status"] == "SUCCEEDED"
    ticket = after(conn, message)
    assert (ticket["priority"], ticket["assignee"]) == ("critical", "ann")
    assert ticket["title"].startswith("[P1][NETWORK]")
    assert errors(conn, message) == []


def test_a_request_type_that_people_choose_decides_all_that_follows(
    conn: Connection, machine: Machine, message: Message, meanwhile: Any
) -> None:
    """F-C7"""
    pair = {"category": "Workplace", "request_type": "Monitor"}
    meanwhile(lambda n: edit(conn, message, **pair))
    assert machine.run(message)["status"] == "SUCCEEDED"
    ticket = after(conn, message)
    assert {name: ticket[name] for name in pair} == pair
    assert (ticket["priority"], ticket["route"], ticket["due_at"]) == ("medium", None, None)
    assert ticket["title"].startswith("[P3][WORKPLACE]")
    assert ticket["provenance"]["priority"] == "rule"
    assert errors(conn, message) == ["TicketEdited"]


def test_a_title_is_made_anew_when_people_changed_what_it_says(
    conn: Connection, machine: Machine, message: Message, meanwhile: Any
) -> None:
    """F-C5 F-C7"""
    meanwhile(
        lambda n: edit(conn, message, priority=("low", "critical")[n]) if n < 2 else None,
        create_ticket_module,
    )
    assert machine.run(message)["status"] == "SUCCEEDED"
    assert after(conn, message)["title"].startswith("[P1][NETWORK]")
    assert machine.calls.count("create_ticket") == 3
    assert errors(conn, message) == ["TicketEdited"] * 2


def test_a_ticket_taken_over_during_triage_keeps_its_status(
    conn: Connection, machine: Machine, message: Message, meanwhile: Any
) -> None:
    """F-C7: its title follows what triage finds."""
    meanwhile(lambda n: edit(conn, message, status="pending"))
    assert machine.run(message)["status"] == "SUCCEEDED"
    ticket = after(conn, message)
    assert ticket["status"] == "pending"
    assert ticket["title"].startswith("[P2][NETWORK]")
    moves = [e for e in tickets.events(conn, message.ticket_id) if e["kind"] == "ticket.status"]
    assert [(e["actor"], e["data"]) for e in moves] == [
        (PEOPLE.id, {"old": "new", "new": "pending"})
    ]


def test_the_execution_of_a_deleted_ticket_ends_without_a_trace(
    conn: Connection, machine: Machine, message: Message, meanwhile: Any
) -> None:
    """F-A7"""
    meanwhile(lambda n: delete_ticket(conn, message.ticket_id, PEOPLE, Condition(), "r"))
    assert machine.run(message)["error"] == "AttemptOvertaken"
    asked = {"validate_ticket", "detect_duplicates", "classify", "record_failure"}
    assert asked <= set(machine.calls) <= asked | {"extract_entities", "research"}
    assert {table: arrange.count(conn, table) for table in OF_A_TICKET} == dict.fromkeys(
        OF_A_TICKET, 0
    )


def test_an_execution_that_comes_too_late_does_nothing(
    conn: Connection, machine: Machine, message: Message
) -> None:
    """F-A7"""
    delete_ticket(conn, message.ticket_id, PEOPLE, Condition(), "r")
    assert machine.run(message)["error"] == "AttemptOvertaken"
    assert machine.calls == ["validate_ticket", "record_failure"]
    assert arrange.count(conn, "events") == 0
