"""The conversation about a ticket: replies, notes, answers, and what becomes of drafts."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from deskhand.api.caller import Caller
from deskhand.api.router import Api
from deskhand.models.origin import Origin
from deskhand.store import drafts, intake, metrics
from deskhand.store.connection import Connection
from tests import arrange, clocks, journeys
from tests.functions.gateway import Answer, call
from tests.functions.operations.invariants import broken
from tests.functions.tickets.requests import patch, pointers, trail

pytestmark = pytest.mark.usefixtures("aws", "catalog")

ANN = Caller("user:ann", "agent")
CARL = Caller("user:carl", "customer")
UNKNOWN = "00000000-0000-7000-8000-000000000000"


class Speaker:
    """Who asks; `become` makes it somebody else."""

    def __init__(self) -> None:
        self.caller = ANN

    def become(self, caller: Caller) -> None:
        """From now on this one asks."""
        self.caller = caller


@pytest.fixture
def speaker(monkeypatch: pytest.MonkeyPatch) -> Speaker:
    """Ann asks, until somebody else does."""
    made = Speaker()
    monkeypatch.setattr(Api, "caller", property(lambda _: made.caller))
    return made


@pytest.fixture
def ticket(conn: Connection) -> UUID:
    """Carl's ticket, which triage has opened."""
    wanted = replace(arrange.request(), caller=CARL.id)
    stored = intake.accept(conn, wanted)
    assert stored is not None
    journeys.finish(conn, stored.run_id)
    return wanted.ticket_id


def write(ticket_id: object, kind: str, body: str = "Hello", **more: object) -> Answer:
    sent = {"kind": kind, "body": body, **more}
    return call("POST", f"/tickets/{ticket_id}/messages", sent)


def read(ticket_id: object, **query: str) -> list[tuple[str, str, str]]:
    answer = call("GET", f"/tickets/{ticket_id}/messages", query=query)
    assert answer.status == 200
    return [(each["kind"], each["written_by"], each["body"]) for each in answer.body["messages"]]


def drafted(conn: Connection, ticket_id: UUID, text: str = "Restart it. [1]") -> int:
    """The run of a draft that the ticket has."""
    row = conn.execute("SELECT max(id) AS id FROM runs WHERE ticket_id = %s", (ticket_id,))
    [run] = row.fetchall()
    origin = Origin(ai_status="COMPLETED", provider="offline", model="", prompt_version="")
    draft = {
        "kind": "answer", "text": text, "statements": [], "steps": [], "citations": [],
        "revision": 0, "estimate": None,
        "origin": origin.model_dump(),
    }  # fmt: skip
    drafts.set_draft(conn, ticket_id, 1, run["id"], draft)
    return int(run["id"])


def made(ticket_id: object) -> list[tuple[str, Any]]:
    """Events of people, by kind and data."""
    found = [(each["kind"], each["data"]) for each in trail(ticket_id)]
    return [(kind, data) for kind, data in found if kind.startswith(("message.", "draft."))]


def test_each_reads_what_is_meant_for_them(speaker: Speaker, ticket: UUID) -> None:
    """F-A10: a customer sees no note, neither in the conversation nor in the trail."""
    assert write(ticket, "reply", "Is it plugged in?").status == 201
    assert write(ticket, "note", "He never reads mails.").status == 201
    speaker.become(CARL)
    assert write(ticket, "answer", "Yes.").status == 201
    shown = [("reply", ANN.id, "Is it plugged in?"), ("answer", CARL.id, "Yes.")]
    assert read(ticket) == shown
    assert [kind for kind, _ in made(ticket)] == ["message.reply", "message.answer"]
    speaker.become(ANN)
    note = ("note", ANN.id, "He never reads mails.")
    assert read(ticket) == [shown[0], note, shown[1]]
    # The trail says that somebody wrote; what, only the conversation says.
    assert [kind for kind, _ in made(ticket)] == [
        "message.reply", "message.note", "message.answer",
    ]  # fmt: skip
    assert "plugged" not in str(trail(ticket))
    assert broken() == {}


def test_the_conversation_comes_in_parts_and_says_when_nothing_is_new(ticket: UUID) -> None:
    """F-A10"""
    for n in range(5):
        write(ticket, "note", str(n))
    path = f"/tickets/{ticket}/messages"
    first = call("GET", path, query={"limit": "3"}).body["messages"]
    rest = read(ticket, after=str(first[-1]["id"]))
    assert [each["body"] for each in first] + [body for _, _, body in rest] == list("01234")
    tag = call("GET", path).headers["ETag"]
    assert call("GET", path, headers={"If-None-Match": tag}).status == 304
    write(ticket, "note")
    assert call("GET", path, headers={"If-None-Match": tag}).status == 200


@pytest.mark.parametrize(
    ("caller", "kind"), [(ANN, "answer"), (CARL, "reply"), (CARL, "note")], ids=str
)
def test_nobody_writes_for_the_other_side(
    speaker: Speaker, ticket: UUID, caller: Caller, kind: str
) -> None:
    """F-A10"""
    speaker.become(caller)
    answer = write(ticket, kind)
    assert (answer.status, pointers(answer)) == (422, ["/kind"])
    assert read(ticket) == []


def test_a_foreign_ticket_has_no_conversation(
    speaker: Speaker, conn: Connection, ticket: UUID
) -> None:
    """F-A10 F-A8"""
    write(ticket, "reply")
    speaker.become(Caller("user:eve", "customer"))
    for target in (ticket, UNKNOWN):
        assert call("GET", f"/tickets/{target}/messages").status == 404
        assert write(target, "answer").status == 404


@pytest.mark.parametrize(("before", "after"), [
    ("open", "open"), ("pending", "open"), ("hold", "hold"), ("solved", "open"),
])  # fmt: skip
def test_an_answer_opens_what_waited_for_it_or_was_solved(
    speaker: Speaker, conn: Connection, ticket: UUID, before: str, after: str
) -> None:
    """F-A10"""
    if before != "open":
        patch(ticket, {"status": before}, "*")
    speaker.become(CARL)
    write(ticket, "answer", "It is back.")
    shown = call("GET", f"/tickets/{ticket}").body
    assert shown["status"] == after
    if before != after:
        assert trail(ticket)[-1]["kind"] in ("ticket.status", "sla.due")
        assert {"old": before, "new": "open"} in [each["data"] for each in trail(ticket)]
    assert broken() == {}


def test_a_closed_ticket_takes_notes_only(speaker: Speaker, ticket: UUID) -> None:
    """F-A10"""
    patch(ticket, {"status": "closed"}, "*")
    assert write(ticket, "reply").status == 409
    assert write(ticket, "note").status == 201
    speaker.become(CARL)
    answer = write(ticket, "answer")
    assert (answer.status, "hand in a new one" in answer.body["detail"]) == (409, True)
    assert read(ticket) == []


def test_a_repeat_of_a_key_writes_once(conn: Connection, ticket: UUID) -> None:
    """F-A10 F-B1"""
    sent = {"kind": "note", "body": "once"}
    path, key = f"/tickets/{ticket}/messages", {"Idempotency-Key": "k-1"}
    first, again = (call("POST", path, sent, headers=key) for _ in range(2))
    assert (first.body, again.headers["Idempotency-Replayed"]) == (again.body, "true")
    assert len(read(ticket)) == 1
    other = call("POST", path, {**sent, "body": "twice"}, headers=key)
    assert other.status == 422
    # What was written is with the ticket, not with the key, which outlives it.
    assert conn.execute("SELECT 1 FROM idempotency_keys WHERE answer LIKE '%once%'").rowcount == 0


def test_secrets_are_hidden_until_somebody_asks(ticket: UUID) -> None:
    """F-A10 F-E12"""
    write(ticket, "reply", "The new password: Sommer2026!")
    assert "Sommer" not in str(read(ticket))
    assert read(ticket, reveal="secrets")[0][2].endswith("Sommer2026!")
    assert trail(ticket)[-1]["kind"] == "secrets.revealed"


def test_a_reply_is_the_first_response_and_a_note_is_none(
    speaker: Speaker, conn: Connection
) -> None:
    """F-A10: for the clock, for figures, and for who responded."""
    promise = {**clocks.EIGHT_HOURS, "first_response": {"unit": "hours", "value": 1}}
    clocks.catalog(conn, {"sla": promise})
    ticket_id = clocks.opened(conn)
    write(ticket_id, "note")
    told = call("GET", f"/tickets/{ticket_id}/sla").body["first_response"]
    assert told["responded_at"] is None
    write(ticket_id, "reply")
    told = call("GET", f"/tickets/{ticket_id}/sla").body["first_response"]
    assert (told["state"], told["responded_at"] is None) == ("met", False)
    metrics.fold(conn)
    [facts] = conn.execute(
        "SELECT responded_by, response_seconds IS NOT NULL AS measured FROM ticket_facts"
    ).fetchall()
    assert facts == {"responded_by": ANN.id, "measured": True}
    assert broken() == {}


def test_an_answer_is_no_response(speaker: Speaker, conn: Connection, ticket: UUID) -> None:
    """F-A10"""
    speaker.become(CARL)
    write(ticket, "answer")
    metrics.fold(conn)
    [facts] = conn.execute("SELECT responded_at FROM ticket_facts").fetchall()
    assert facts["responded_at"] is None


@pytest.mark.parametrize(("body", "edited"), [("Restart it.", False), ("Restart it!", True)])
def test_a_draft_that_is_sent_is_used_up(
    conn: Connection, ticket: UUID, body: str, edited: bool
) -> None:
    """F-A10: two people do not send the same one."""
    run = drafted(conn, ticket)
    before = call("GET", f"/tickets/{ticket}").body["version"]
    assert write(ticket, "reply", body, draft=run).status == 201
    shown = call("GET", f"/tickets/{ticket}").body
    assert (shown["draft"], shown["version"]) == (None, before + 1)
    assert ("draft.sent", {"run": run, "edited": edited}) in made(ticket)
    again = write(ticket, "reply", body, draft=run)
    assert (again.status, pointers(again)) == (409, ["/draft"])
    assert len(read(ticket)) == 1
    assert pointers(write(ticket, "note", draft=run)) == ["/draft"]
    assert broken() == {}


def test_a_draft_is_discarded(speaker: Speaker, conn: Connection, ticket: UUID) -> None:
    """F-A10"""
    run = drafted(conn, ticket)
    path = f"/tickets/{ticket}/draft"
    assert call("DELETE", path, headers={"If-Match": '"1"'}).status == 412
    assert call("DELETE", path).status == 204
    assert call("GET", f"/tickets/{ticket}").body["draft"] is None
    assert made(ticket) == [("draft.discarded", {"run": run})]
    assert call("DELETE", path).status == 404
    speaker.become(CARL)
    assert made(ticket) == []


def test_a_conversation_goes_with_its_ticket(conn: Connection, ticket: UUID) -> None:
    """F-A10 F-N11"""
    write(ticket, "reply")
    journeys.delete(conn, ticket)
    assert conn.execute("SELECT 1 FROM messages").rowcount == 0


@pytest.mark.parametrize(
    ("sent", "pointer"),
    [
        ({"kind": "reply", "body": "\u200b "}, "/body"),
        ({"kind": "reply", "body": "x" * 10_001}, "/body"),
        ({"kind": "mail", "body": "x"}, "/kind"),
        ({"kind": "reply", "body": "x", "to": "eve"}, "/to"),
    ],
)
def test_a_wrong_field_is_named(ticket: UUID, sent: dict[str, str], pointer: str) -> None:
    answer = call("POST", f"/tickets/{ticket}/messages", sent)
    assert (answer.status, pointers(answer)) == (422, [pointer])
