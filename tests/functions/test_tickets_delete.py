"""Deleting tickets over HTTP."""

import json

import pytest

from deskhand.caller import Caller, Role
from deskhand.http import Api
from deskhand.store.connection import Connection
from functions.ingest.handler import handler as ingest
from tests import arrange, journeys
from tests.functions.asking import ask, trail
from tests.functions.conftest import event

pytestmark = pytest.mark.usefixtures("aws")

OF_A_TICKET = ("tickets", "runs", "step_outcomes", "outbox", "events")


def delete(ticket_id: object, if_match: str | None = None) -> int:
    headers = {} if if_match is None else {"If-Match": if_match}
    return ask("DELETE", f"/tickets/{ticket_id}", headers=headers).status


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
    gone = ask("DELETE", f"/tickets/{ticket_id}", headers={"X-Request-ID": "req-7"})
    assert (gone.status, gone.body) == (204, None)
    assert {table: arrange.count(conn, table) for table in OF_A_TICKET} == dict.fromkeys(
        OF_A_TICKET, 0
    )
    assert ask("GET", f"/tickets/{ticket_id}").status == 404
    assert ask("GET", f"/tickets/{ticket_id}/events").status == 404
    assert ask("GET", f"/runs/{run_id}").status == 404
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
    left = ask("GET", f"/tickets/{copy}").body
    assert (left["duplicate_of"], left["version"]) == (None, 2)
    assert trail(copy)[-1]["data"] == {
        "changes": {"duplicate_of": {"old": str(original), "new": None}}
    }


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
