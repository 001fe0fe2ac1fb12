"""POST /tickets/{id}/corrections: the ticket, the record, and the next ticket like it."""

from typing import Any
from uuid import UUID

import pytest

from deskhand.settings import environment
from deskhand.store.connection import Connection
from functions.classify.handler import handler as classify
from tests import arrange
from tests.functions.conftest import step_event
from tests.functions.gateway import call
from tests.functions.learning.old_tickets import ask, history, import_rows, learn, preview
from tests.functions.tickets.requests import patch

pytestmark = pytest.mark.usefixtures("catalog")

VPN = {"subject": "Tunnel", "body": "The tunnel into the office is down again."}


def triaged(conn: Connection, **text: str) -> UUID:
    run = arrange.accepted(conn, **(text or VPN))
    classify(step_event("classify", run), None)
    return run[0]


def correct(ticket: object, category: str, request_type: str, **more: str) -> tuple[int, Any]:
    body = {"category": category, "request_type": request_type, **more}
    return ask("correct", f"/tickets/{ticket}/corrections", body)


def in_review() -> list[dict[str, Any]]:
    """The queue of those who review."""
    page = call("GET", "/tickets", query={"needs_review": "true"}).body
    found: list[dict[str, Any]] = page["tickets"]
    return found


def test_the_prediction_is_kept_beside_what_was_said(conn: Connection) -> None:
    """F-G3"""
    ticket = triaged(conn)
    before = conn.execute("SELECT * FROM tickets").fetchone()
    status, answer = correct(ticket, "workplace", "Keyboard", priority="low")
    assert status == 201
    assert (answer["category"], answer["request_type"]) == ("Workplace", "Keyboard")
    assert answer["predicted_category"] == before["category"]
    assert answer["predicted_priority"] == before["priority"]
    assert answer["confidence"] == pytest.approx(before["confidence"], abs=1e-3)
    assert (answer["right"], answer["provider"]) == (False, "offline")
    after = conn.execute("SELECT * FROM tickets").fetchone()
    assert (after["request_type"], after["priority"]) == ("Keyboard", "low")
    assert after["provenance"]["category"] == "human"
    outcome = conn.execute("SELECT result FROM step_outcomes").fetchone()["result"]
    assert outcome["request_type"] == before["request_type"]


def test_the_next_similar_ticket_profits_at_once(conn: Connection) -> None:
    """F-G3"""
    question = ("Tunnel", "The tunnel into the office is down once more.")
    assert preview(*question)["request_type"] == "VPN access"
    correct(triaged(conn), "Workplace", "Keyboard")
    found = preview(*question)
    assert found["request_type"] == "Keyboard"
    assert "history" in {item["source"] for item in found["evidence"]}
    other = preview("VPN access", "Remote access to the company network does not work")
    assert other["request_type"] == "VPN access"


def test_it_also_outweighs_what_was_learnt_before(conn: Connection) -> None:
    """F-G3"""
    import_rows(history(80))
    learn()
    text = {"subject": "tunnel drops", "body": "My tunnel from home drops the connection"}
    assert preview(*text.values())["request_type"] == "VPN access"
    correct(triaged(conn, **text), "Workplace", "Keyboard")
    assert preview(*text.values())["request_type"] == "Keyboard"


def test_saying_the_same_confirms(conn: Connection) -> None:
    _, answer = correct(triaged(conn), "Network", "VPN access")
    assert answer["right"] is True
    assert arrange.count(conn, "corrections") == 1


def test_a_corrected_ticket_leaves_the_review_queue(conn: Connection) -> None:
    """F-G3: with the priority of its new place."""
    lunch = {"subject": "Lunch", "body": "What is for lunch?"}
    ticket = triaged(conn, **lunch)
    assert [each["id"] for each in in_review()] == [str(ticket)]
    assert correct(ticket, "Network", "VPN access")[0] == 201
    assert in_review() == []
    after = conn.execute("SELECT priority, priority_inputs FROM tickets").fetchone()
    assert after == {
        "priority": "high",
        "priority_inputs": [{"name": "catalog_default", "priority": "high"}],
    }


def test_an_edit_of_the_pair_is_a_correction_too(conn: Connection) -> None:
    """F-G3"""
    ticket = triaged(conn)
    patch(ticket, {"request_type": "Monitor", "category": "Workplace", "version": 2})
    correction = conn.execute("SELECT * FROM corrections").fetchone()
    assert (correction["request_type"], correction["priority"]) == ("Monitor", None)
    example = conn.execute("SELECT * FROM examples").fetchone()
    assert (example["request_type"], example["model"]) == ("Monitor", None)
    assert learn()["read"] == 1
    patch(ticket, {"body": "Another text", "version": 3})
    assert conn.execute("SELECT model FROM examples").fetchone() == {"model": None}


def test_other_edits_are_none(conn: Connection) -> None:
    patch(triaged(conn), {"priority": "low", "version": 2})
    assert arrange.count(conn, "corrections") == 0


def test_a_ticket_that_was_not_triaged_yet_can_be_sorted_by_hand(conn: Connection) -> None:
    ticket = arrange.accepted(conn)[0]
    status, answer = correct(ticket, "Workplace", "Monitor")
    assert status == 201
    assert (answer["predicted_category"], answer["right"]) == (None, None)


def test_a_correction_outlives_its_ticket(conn: Connection) -> None:
    ticket = triaged(conn)
    correct(ticket, "Workplace", "Keyboard")
    from functions.tickets.handler import handler
    from tests.functions.conftest import event

    handler(event("tickets", httpMethod="DELETE", path=f"/tickets/{ticket}"), None)
    assert arrange.count(conn, "examples") == 0
    assert conn.execute("SELECT ticket_id FROM corrections").fetchone() == {"ticket_id": None}


@pytest.mark.parametrize(
    ("body", "pointers"),
    [
        ({"category": "Network"}, ["/request_type"]),
        ({"category": "Network", "request_type": "Fax"}, ["/category", "/request_type"]),
        ({"category": "Network", "request_type": "VPN access", "priority": "x"}, ["/priority"]),
        ({"category": "Network", "request_type": "VPN access", "sla": 1}, ["/sla"]),
    ],
)
def test_a_wrong_correction_changes_nothing(
    conn: Connection, body: object, pointers: list[str]
) -> None:
    ticket = triaged(conn)
    status, problem = ask("correct", f"/tickets/{ticket}/corrections", body)
    assert status == 422
    assert [error["pointer"] for error in problem["errors"]] == pointers
    assert arrange.count(conn, "corrections") == arrange.count(conn, "examples") == 0


def test_an_unknown_ticket_and_a_wrong_id(conn: Connection) -> None:
    unknown = "01936d6e-0000-7000-8000-000000000001"
    assert correct(unknown, "Network", "VPN access")[0] == 404
    assert correct("7", "Network", "VPN access")[0] == 400


def test_customers_correct_nothing(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-K2"""
    ticket = triaged(conn)
    monkeypatch.setenv("ANONYMOUS_ROLE", "customer")
    environment.settings.cache_clear()
    assert correct(ticket, "Network", "VPN access")[0] == 403
