"""Deleting tickets over HTTP."""

import json

import pytest

from deskhand.api.caller import Caller
from deskhand.api.router import Api
from deskhand.escalation import escalate
from deskhand.settings import environment
from deskhand.settings.environment import Role
from deskhand.store.connection import Connection
from functions.ingest.handler import handler as ingest
from tests import arrange, journeys
from tests.functions.conftest import event
from tests.functions.duplicates import alike
from tests.functions.gateway import call
from tests.functions.operations.invariants import broken
from tests.functions.tickets.requests import patch, trail

pytestmark = pytest.mark.usefixtures("aws")

OF_A_TICKET = ("tickets", "runs", "step_outcomes", "outbox", "events")


def delete(ticket_id: object, if_match: str | None = None) -> int:
    headers = {} if if_match is None else {"If-Match": if_match}
    return call("DELETE", f"/tickets/{ticket_id}", headers=headers).status


def post(**headers: str) -> str:
    """The id of the sample ticket, posted with or without a key."""
    sent = {"Content-Type": ["application/json"]} | {n: [v] for n, v in headers.items()}
    sent = {name.replace("_", "-"): values for name, values in sent.items()}
    plain = {name: values[0] for name, values in sent.items()}
    reply = ingest(event("ingest", headers=plain, multiValueHeaders=sent), None)
    assert reply["statusCode"] == 202
    return str(json.loads(reply["body"])["ticket_id"])


def test_nothing_is_left_but_an_audit_row(conn: Connection) -> None:
    """F-A7"""
    ticket_id, run_id = arrange.accepted(conn, subject="SECRET-CANARY", body="SECRET-CANARY")
    journeys.finish(conn, run_id)
    gone = call("DELETE", f"/tickets/{ticket_id}", headers={"X-Request-ID": "req-7"})
    assert (gone.status, gone.body) == (204, None)
    assert {table: arrange.count(conn, table) for table in OF_A_TICKET} == dict.fromkeys(
        OF_A_TICKET, 0
    )
    assert call("GET", f"/tickets/{ticket_id}").status == 404
    assert call("GET", f"/tickets/{ticket_id}/events").status == 404
    assert call("GET", f"/runs/{run_id}").status == 404
    assert delete(ticket_id) == 404
    [row] = conn.execute("SELECT * FROM audit").fetchall()
    assert (row["action"], row["actor"], row["ticket_id"], row["request_id"]) == (
        "ticket.deleted", "anonymous", ticket_id, "req-7",
    )  # fmt: skip
    assert row["data"]["runs"] == [run_id]
    assert "CANARY" not in str(row)


def test_other_tickets_stay(conn: Connection) -> None:
    """F-A7"""
    kept, kept_run = arrange.accepted(conn)
    gone, gone_run = arrange.accepted(conn)
    for run_id in (kept_run, gone_run):
        journeys.finish(conn, run_id)
    before = trail(kept)
    assert delete(gone) == 204
    assert trail(kept) == before
    assert {table: arrange.count(conn, table) for table in OF_A_TICKET} == {
        "tickets": 1, "runs": 1, "step_outcomes": len(journeys.PATH), "outbox": 1,
        "events": len(before),
    }  # fmt: skip


def test_duplicates_of_it_become_tickets_of_their_own(conn: Connection) -> None:
    """F-A7"""
    original, _ = arrange.accepted(conn)
    copy, _ = arrange.accepted(conn)
    conn.execute("UPDATE tickets SET duplicate_of = %s WHERE id = %s", [original, copy])
    assert delete(original) == 204
    left = call("GET", f"/tickets/{copy}").body
    assert (left["duplicate_of"], left["version"]) == (None, 2)
    assert trail(copy)[-1]["data"] == {
        "changes": {"duplicate_of": {"old": str(original), "new": None}}
    }


@pytest.fixture
def closes(catalog: None, conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """A catalog, and duplicates that are closed."""
    monkeypatch.setenv("DUPLICATE_CLOSE", "true")
    environment.settings.cache_clear()


def test_a_duplicate_that_was_closed_is_open_again_and_triaged(
    conn: Connection, closes: None
) -> None:
    """F-F3 F-A7: nobody else has the request of who wrote the duplicate."""
    original, copy = alike.triaged(conn, **alike.VPN), alike.triaged(conn, **alike.SAME)
    before = alike.read(conn, copy)
    assert (before["status"], before["escalate_at"]) == ("closed", None)
    journeys.mark_all_sent(conn)
    assert delete(original) == 204
    left = alike.read(conn, copy)
    assert (left["status"], left["duplicate_of"], left["ai_status"]) == ("open", None, "PENDING")
    assert "status" not in left["provenance"]
    assert "duplicate_of" not in left["provenance"]
    reopened = [each for each in trail(copy) if each["kind"] == "ticket.status"][-1]
    assert (reopened["actor"], reopened["data"]) == ("workflow", {"old": "closed", "new": "open"})
    [owed] = conn.execute("SELECT run_id FROM outbox WHERE sent_at IS NULL").fetchall()
    assert owed["run_id"] == left["workflow_run_id"] != before["workflow_run_id"]
    run = (copy, owed["run_id"])
    alike.call("validate_ticket", run)
    alike.go_on(run, alike.call("detect_duplicates", run))
    after = alike.read(conn, copy)
    assert (after["status"], after["category"], after["ai_status"]) == (
        "open", "Network", "COMPLETED",
    )  # fmt: skip
    assert after["evidence"][0]["source"] != "duplicate"
    assert after["escalate_at"] is not None
    assert broken() == {}


def test_of_several_duplicates_the_oldest_is_the_next_original(
    conn: Connection, closes: None
) -> None:
    """F-F3: what people did not unlink may be linked again."""
    original, first, second = (alike.triaged(conn, **alike.SAME) for _ in range(3))
    assert delete(original) == 204
    for copy in (first, second):
        run = (copy, alike.read(conn, copy)["workflow_run_id"])
        alike.call("validate_ticket", run)
        alike.go_on(run, alike.call("detect_duplicates", run))
    assert alike.read(conn, first)["duplicate_of"] is None
    assert alike.read(conn, second)["duplicate_of"] == first
    assert [alike.read(conn, copy)["status"] for copy in (first, second)] == ["open", "open"]
    assert broken() == {}


def test_the_clock_of_a_duplicate_goes_on_though_its_triage_fails(
    conn: Connection, closes: None
) -> None:
    original, copy = alike.triaged(conn, **alike.VPN), alike.triaged(conn, **alike.SAME)
    assert delete(original) == 204
    escalate.escalate_due()
    assert alike.read(conn, copy)["escalate_at"] is not None


@pytest.mark.usefixtures("catalog")
def test_a_duplicate_that_people_closed_stays_closed(conn: Connection) -> None:
    original, copy = alike.triaged(conn, **alike.VPN), alike.triaged(conn, **alike.SAME)
    assert patch(copy, {"status": "closed"}, "*").status == 200
    run = alike.read(conn, copy)["workflow_run_id"]
    assert delete(original) == 204
    left = alike.read(conn, copy)
    assert (left["status"], left["workflow_run_id"], left["duplicate_of"]) == ("closed", run, None)
    assert left["provenance"]["status"] == "human"
    assert "duplicate_of" not in left["provenance"]


@pytest.mark.usefixtures("catalog")
def test_a_duplicate_whose_run_is_open_gets_no_second_one(conn: Connection) -> None:
    original, copy = alike.triaged(conn, **alike.VPN), alike.triaged(conn, **alike.SAME)
    run = journeys.reprocess(conn, copy)
    conn.execute(
        "INSERT INTO step_outcomes (run_id, step, revision, attempt, verdict, result, seconds)"
        " VALUES (%s, 'link_duplicate', 0, 1, '{\"inherited\": true}', '{}', 0)",
        [run],
    )
    assert delete(original) == 204
    assert alike.read(conn, copy)["workflow_run_id"] == run


def test_a_late_repeat_of_a_key_makes_no_second_ticket(conn: Connection) -> None:
    """F-A7 F-B1"""
    ticket_id = post(Idempotency_Key="mine")
    assert delete(ticket_id) == 204
    assert post(Idempotency_Key="mine") == ticket_id
    assert arrange.count(conn, "tickets") == 0


def test_the_same_content_may_be_handed_in_anew(conn: Connection) -> None:
    """F-A7 F-B6"""
    ticket_id = post()
    assert post() == ticket_id
    assert delete(ticket_id) == 204
    assert arrange.count(conn, "idempotency_keys") == 0
    assert post() != ticket_id


@pytest.mark.parametrize(
    ("if_match", "status"), [('"1"', 204), ("*", 204), ('"2"', 412), ('W/"1"', 412), ("1", 400)]
)
def test_a_condition_is_honoured(conn: Connection, if_match: str, status: int) -> None:
    """F-A7"""
    ticket_id, _ = arrange.accepted(conn)
    assert delete(ticket_id, if_match) == status
    assert arrange.count(conn, "tickets") == (status != 204)
    assert arrange.count(conn, "audit") == (status == 204)


@pytest.mark.parametrize("role", ["agent", "customer", "service"])
def test_only_an_admin_deletes(
    conn: Connection, monkeypatch: pytest.MonkeyPatch, role: Role
) -> None:
    """F-A7"""
    ticket_id, _ = arrange.accepted(conn)
    monkeypatch.setattr(Api, "caller", property(lambda _: Caller("anonymous", role)))
    assert delete(ticket_id) == 403
    assert arrange.count(conn, "tickets") == 1


def test_a_malformed_id_is_named(conn: Connection) -> None:
    assert delete("nonsense") == 400
