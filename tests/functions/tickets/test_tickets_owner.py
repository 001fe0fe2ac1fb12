"""A customer's own tickets, and nobody else's."""

from dataclasses import replace
from uuid import UUID

import pytest
from psycopg.types.json import Jsonb

from deskhand.api.caller import Caller
from deskhand.api.router import Api
from deskhand.refusals import NotFound
from deskhand.store import drafts, intake
from deskhand.store.connection import Connection
from deskhand.tickets.delete import delete_ticket
from deskhand.tickets.edit import Condition, Edit, edit_ticket
from tests import arrange
from tests.functions.duplicates import alike
from tests.functions.gateway import call

pytestmark = pytest.mark.usefixtures("aws")

ALICE = Caller("user:alice", "customer")


def posted(conn: Connection, caller: str) -> tuple[UUID, int]:
    wanted = replace(arrange.request(), caller=caller)
    stored = intake.accept(conn, wanted)
    assert stored is not None
    return wanted.ticket_id, stored.run_id


@pytest.fixture
def foreign(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> tuple[UUID, int]:
    """A ticket of Bob's, while Alice is asking."""
    monkeypatch.setattr(Api, "caller", property(lambda _: ALICE))
    return posted(conn, "user:bob")


def test_own_tickets_are_read(conn: Connection, foreign: tuple[UUID, int]) -> None:
    """F-A8"""
    ticket_id, run_id = posted(conn, ALICE.id)
    for path in (f"/tickets/{ticket_id}", f"/tickets/{ticket_id}/events", f"/runs/{run_id}"):
        assert call("GET", path).status == 200
    page = call("GET", "/tickets").body
    assert [ticket["id"] for ticket in page["tickets"]] == [str(ticket_id)]


def test_a_foreign_ticket_is_not_there(conn: Connection, foreign: tuple[UUID, int]) -> None:
    """F-A8: and looks like one that never was."""
    ticket_id, run_id = foreign
    for path in (f"/tickets/{ticket_id}", f"/tickets/{ticket_id}/events", f"/runs/{run_id}"):
        answer = call("GET", path)
        assert answer.status == 404
        assert answer.body["detail"] == call("GET", _unknown(path)).body["detail"]
    assert call("GET", f"/tickets/{ticket_id}", headers={"If-None-Match": "*"}).status == 404


def test_no_filter_finds_a_foreign_ticket(conn: Connection, foreign: tuple[UUID, int]) -> None:
    """F-A8"""
    before = str(UUID(int=foreign[0].int + 1))
    for query in ({}, {"q": "laptop"}, {"customer_id": "c-1"}, {"cursor": before}):
        assert call("GET", "/tickets", query=query).body == {"tickets": [], "next_cursor": None}


def test_customers_neither_edit_nor_delete(conn: Connection, foreign: tuple[UUID, int]) -> None:
    """F-A8"""
    own, _ = posted(conn, ALICE.id)
    for ticket_id in (own, foreign[0]):
        for method in ("PATCH", "DELETE"):
            answer = call(method, f"/tickets/{ticket_id}", headers={"If-Match": "*"}, body={})
            assert answer.status == 403


def test_edits_know_the_owner_too(conn: Connection, foreign: tuple[UUID, int]) -> None:
    """F-A8: whatever roles may edit one day."""
    with pytest.raises(NotFound, match="no such ticket"):
        edit_ticket(conn, foreign[0], ALICE, Edit(subject="mine now"), Condition())
    with pytest.raises(NotFound, match="no such ticket"):
        delete_ticket(conn, foreign[0], ALICE, Condition(), "r")
    assert conn.execute("SELECT version FROM tickets").fetchone() == {"version": 1}


def test_the_evidence_names_no_foreign_ticket(conn: Connection, foreign: tuple[UUID, int]) -> None:
    own, _ = posted(conn, ALICE.id)
    assert call("GET", f"/tickets/{own}").body["evidence"] is None
    said = {"source": "keyword", "phrase": "vpn", "similarity": 0.5}
    other = {"source": "history", "phrase": str(foreign[0]), "similarity": 0.9}
    conn.execute("UPDATE tickets SET evidence = %s", [Jsonb([said, other])])
    assert call("GET", f"/tickets/{own}").body["evidence"] == [said]


def _unknown(path: str) -> str:
    start, kind, _, *rest = path.split("/")
    other = "99999" if kind == "runs" else "00000000-0000-7000-8000-000000000000"
    return "/".join([start, kind, other, *rest])


@pytest.mark.undocumented
def test_a_draft_is_not_for_those_who_asked(
    conn: Connection, foreign: tuple[UUID, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-A8 F-D7: nobody has checked it."""
    ticket_id, run_id = posted(conn, ALICE.id)
    drafts.set_draft(conn, ticket_id, 1, run_id, {"text": "SECRET-CANARY"})
    alike.call("research", (ticket_id, run_id))
    assert call("GET", f"/tickets/{ticket_id}").body["draft"] is None
    assert call("GET", f"/tickets/{ticket_id}").body["research"] is None
    monkeypatch.setattr(Api, "caller", property(lambda _: Caller("user:ann", "agent")))
    assert call("GET", f"/tickets/{ticket_id}").body["draft"]["text"] == "SECRET-CANARY"
    found = call("GET", f"/tickets/{ticket_id}").body["research"]
    assert found == {"articles": [], "solved": [], "history": []}
