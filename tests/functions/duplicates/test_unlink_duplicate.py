"""DELETE /tickets/{id}/duplicate: the ticket on its own again, and not linked once more."""

import json
from typing import Any
from uuid import UUID

import pytest

from deskhand.settings import environment
from deskhand.store.connection import Connection
from functions.unlink_duplicate.handler import handler
from tests import journeys
from tests.functions.conftest import event
from tests.functions.duplicates.alike import SAME, VPN, call, detected, go_on, read, triaged
from tests.functions.operations.invariants import broken

pytestmark = pytest.mark.usefixtures("aws", "catalog")


def unlink(ticket_id: UUID | str, **headers: str) -> tuple[int, dict[str, Any]]:
    """Status and body of the answer."""
    sent = event("unlink_duplicate", path=f"/tickets/{ticket_id}/duplicate")
    sent["multiValueHeaders"] |= {name.replace("_", "-"): [v] for name, v in headers.items()}
    answer = handler(sent, None)
    return answer["statusCode"], json.loads(answer["body"])


def test_a_ticket_goes_its_own_way_again(conn: Connection, messages: Any) -> None:
    """F-F3: it is triaged by itself, by a run that is sent at once."""
    triaged(conn, **VPN)
    second = triaged(conn, **SAME)
    status, ticket = unlink(second)
    assert (status, ticket["duplicate_of"], ticket["ai_status"]) == (200, None, "PENDING")
    [message] = messages()
    run = (second, message["run_id"])
    assert ticket["workflow_run_id"] == run[1]
    call("validate_ticket", run)
    verdict = call("detect_duplicates", run)
    assert verdict["duplicate"] is False, "what people decided stays"
    go_on(run, verdict)
    after = read(conn, second)
    assert (after["category"], after["ai_status"]) == ("Network", "COMPLETED")
    assert after["evidence"][0]["source"] != "duplicate"
    assert len(after["suggested_duplicates"]) == 1
    assert broken() == {}


def test_a_ticket_that_was_closed_as_a_duplicate_is_open_again(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-F3"""
    monkeypatch.setenv("DUPLICATE_CLOSE", "true")
    environment.settings.cache_clear()
    triaged(conn, **VPN)
    second = triaged(conn, **SAME)
    assert read(conn, second)["status"] == "closed"
    status, ticket = unlink(second)
    assert (status, ticket["status"]) == (200, "open")
    assert ticket["provenance"]["duplicate_of"] == "human"
    assert "status" not in ticket["provenance"]
    assert broken() == {}


def test_a_ticket_that_people_closed_stays_closed(conn: Connection, messages: Any) -> None:
    triaged(conn, **VPN)
    second = triaged(conn, **SAME)
    conn.execute(
        "UPDATE tickets SET status = 'closed', provenance = provenance || '{\"status\": \"human\"}'"
        " WHERE id = %s",
        [second],
    )
    _, ticket = unlink(second)
    assert (ticket["status"], ticket["duplicate_of"], messages()) == ("closed", None, [])


def test_a_triage_of_its_own_is_kept(conn: Connection, messages: Any) -> None:
    """F-F3: one that was claimed by an older twin asked a model itself."""
    first, second = triaged(conn, **VPN), triaged(conn, subject="Fax", body="The fax is broken")
    conn.execute("UPDATE tickets SET duplicate_of = %s WHERE id = %s", [first, second])
    before = read(conn, second)
    status, ticket = unlink(second)
    assert (status, ticket["workflow_run_id"]) == (200, before["workflow_run_id"])
    assert ticket["version"] == before["version"] + 1
    assert messages() == []


def test_the_trail_says_who(conn: Connection) -> None:
    """F-A9"""
    first, second = triaged(conn, **VPN), triaged(conn, **SAME)
    unlink(second)
    rows = conn.execute(
        "SELECT actor, data FROM events WHERE ticket_id = %s AND kind = 'ticket.updated'"
        " ORDER BY id",
        [second],
    ).fetchall()
    changes = [(row["actor"], row["data"]["changes"]["duplicate_of"]) for row in rows]
    assert changes == [
        ("workflow", {"old": None, "new": str(first)}),
        ("anonymous", {"old": str(first), "new": None}),
    ]


def test_what_cannot_be_unlinked_is_told(conn: Connection) -> None:
    first, second = triaged(conn, **VPN), triaged(conn, **SAME)
    assert unlink(first)[0] == 409
    assert unlink("nonsense")[0] == 400
    assert unlink(UUID(int=1))[0] == 404
    assert unlink(second, If_Match='"99"')[0] == 412
    journeys.reprocess(conn, second)
    status, problem = unlink(second)
    assert (status, "still open" in problem["detail"]) == (409, True)
    assert read(conn, second)["duplicate_of"] == first


def test_customers_cannot(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-K2"""
    triaged(conn, **VPN)
    second = triaged(conn, **SAME)
    monkeypatch.setenv("ANONYMOUS_ROLE", "customer")
    environment.settings.cache_clear()
    assert unlink(second)[0] == 403


def test_unlinked_twice_is_once(conn: Connection) -> None:
    """F-B7"""
    triaged(conn, **VPN)
    second = triaged(conn, **SAME)
    run, _ = detected(conn, **SAME)
    assert unlink(second)[0] == 200
    assert unlink(second)[0] == 409
    assert read(conn, run[0])["workflow_status"] == "IN_PROGRESS"
