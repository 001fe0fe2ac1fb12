"""Messages in the dead-letter queue: looked at, driven again, removed or kept."""

import json
from typing import Any
from uuid import UUID

import boto3
import pytest
from botocore.exceptions import ClientError

from deskhand.intake.queue import sqs
from deskhand.settings import environment
from deskhand.store import outbox, runs, steps
from deskhand.store.connection import Connection
from deskhand.store.outbox import Message
from deskhand.workflow import dead_letters
from functions.dispatch.handler import handler as dispatch
from tests import arrange
from tests.functions.conftest import event
from tests.functions.workflow.recovering import (
    call,
    everything,
    failed,
    failures,
    header,
    replay,
    run,
)

pytestmark = pytest.mark.usefixtures("dead")

NONE = {"replayed": 0, "settled": 0, "kept": 0}


def bury(*messages: Message | str) -> None:
    """Puts messages where SQS puts those that dispatch has refused five times."""
    for message in messages:
        body = message if isinstance(message, str) else message.to_json()
        sqs().send_message(QueueUrl=environment.settings().dead_letter_queue_url, MessageBody=body)


def buried() -> list[str]:
    """The bodies of all messages that somebody could receive now, who then has them."""
    queue = boto3.resource("sqs").Queue(environment.settings().dead_letter_queue_url)
    bodies: list[str] = []
    while received := queue.receive_messages(MaxNumberOfMessages=10, VisibilityTimeout=30):
        bodies += [message.body for message in received]
    return bodies


def undispatched(conn: Connection) -> Message:
    """An open run whose message was sent and refused."""
    ticket_id, run_id = arrange.accepted(conn)
    message = Message(ticket_id, run_id, 1)
    outbox.mark_sent(conn, [message])
    return message


def under_way(conn: Connection) -> Message:
    message = undispatched(conn)
    steps.open_step(conn, message.run_id, 1, "classify", 0)
    return message


def moved_on(conn: Connection) -> Message:
    message = under_way(conn)
    [stalled] = [s for s in runs.stalled_runs(conn, 0, 50) if s.run_id == message.run_id]
    runs.next_attempt(conn, stalled)
    return message


def replaced(conn: Connection) -> Message:
    message = failed(conn)
    conn.execute(
        "INSERT INTO runs (ticket_id, request_id) VALUES (%s, 'req-2')", [message.ticket_id]
    )
    return message


UNKNOWN = Message(UUID(int=7), 999_999, 1)


def of_every_kind(conn: Connection) -> None:
    bury("poison SECRET-CANARY", "{}", UNKNOWN, undispatched(conn), failed(conn))
    bury(under_way(conn), moved_on(conn), replaced(conn))


def groups(**query: str) -> dict[str, int]:
    shown = failures(**query)["groups"]
    return {g["error"]: g["count"] for g in shown if g["source"] == "dead_letter"}


def test_dead_letters_are_grouped_by_what_became_of_their_run(conn: Connection) -> None:
    """F-C4"""
    of_every_kind(conn)
    assert groups() == {
        "MessageInvalid": 2, "RunUnknown": 1, "NotDispatched": 1, "RunFailed": 1, "RunMovedOn": 3
    }  # fmt: skip
    assert failures()["dead_letters_waiting"] == 8
    assert groups(error="NotDispatched") == {"NotDispatched": 1}
    assert groups(step="classify") == {}
    assert groups(step="dispatch", error="RunUnknown") == {"RunUnknown": 1}


def test_a_group_of_dead_letters_has_times_ids_and_an_example(conn: Connection) -> None:
    """F-C4"""
    first, second = undispatched(conn), undispatched(conn)
    bury(first, second, second)
    [group] = failures()["groups"]
    assert (group["step"], group["count"]) == ("dispatch", 3)
    assert sorted(group["run_ids"]) == [first.run_id, second.run_id]
    assert group["oldest"] <= group["newest"]
    assert group["newest"].endswith("Z")
    assert group["example"].keys() == {"message_id", "reason", "ticket_id", "run_id", "attempt"}


def test_looking_leaves_them_all_visible(conn: Connection) -> None:
    """F-C4: also those beyond the ten that one receive gives."""
    letters = [undispatched(conn).to_json() for _ in range(25)]
    bury(*letters)
    for _ in range(2):
        assert groups() == {"NotDispatched": 25}
    assert sorted(buried()) == sorted(letters)


def test_looking_is_bounded(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dead_letters, "AT_ONCE", 20)
    bury(*["poison"] * 33)
    assert groups() == {"MessageInvalid": 20}
    assert failures()["dead_letters_waiting"] == 33


def test_nobody_reads_what_was_in_a_foreign_message(conn: Connection) -> None:
    """F-K6"""
    bury("SECRET-CANARY", json.dumps({"ticket_id": "SECRET-CANARY", "run_id": 1, "attempt": 1}))
    shown = call("GET", "/admin/failures")[0]["body"]
    assert "MessageInvalid" in shown
    assert "CANARY" not in shown


@pytest.mark.parametrize(("run_id", "attempt"), [(2**63, 1), (10**40, 1), (1, 2**31)])
def test_numbers_that_no_run_can_have_are_foreign(
    conn: Connection, run_id: int, attempt: int
) -> None:
    bury(Message(UUID(int=7), run_id, attempt))
    assert groups() == {"MessageInvalid": 1}


def test_a_message_of_another_database_is_not_taken_for_ours(conn: Connection) -> None:
    """F-C4: run ids begin anew with a database, ticket ids do not."""
    ours = failed(conn)
    bury(Message(UUID(int=7), ours.run_id, 1), Message(ours.ticket_id, ours.run_id, 2))
    assert groups() == {"RunUnknown": 2}
    assert replay({"step": "dispatch", "error": "RunUnknown"})[1]["dead_letters"]["kept"] == 2
    assert run(conn, ours)["status"] == "FAILED"


def test_an_open_run_gets_the_message_of_the_same_attempt(conn: Connection, messages: Any) -> None:
    """F-C4"""
    lost = undispatched(conn)
    bury(lost, lost)
    reply, document = replay({"step": "dispatch", "error": "NotDispatched"})
    assert reply["statusCode"] == 202
    again = {"run_id": lost.run_id, "ticket_id": str(lost.ticket_id), "attempt": 1}
    assert (document["replayed"], document["count"]) == ([again], 1)
    assert document["dead_letters"] == {**NONE, "replayed": 2}
    assert messages() == [again]
    assert buried() == []
    assert outbox.unsent(conn) == 0
    kinds = conn.execute("SELECT kind, actor FROM events ORDER BY id DESC LIMIT 1").fetchone()
    assert kinds == {"kind": "run.sent_again", "actor": "anonymous"}
    [record] = event("dispatch")["Records"]
    for _ in range(2):
        dispatch({"Records": [{**record, "body": lost.to_json()}]}, None)
    machine = environment.settings().state_machine_arn
    listed = boto3.client("stepfunctions").list_executions(stateMachineArn=machine)
    assert [e["name"] for e in listed["executions"]] == [lost.execution_name]


def test_a_failed_run_gets_its_next_attempt(conn: Connection, messages: Any) -> None:
    """F-C4"""
    lost = failed(conn)
    bury(lost)
    _, document = replay({"step": "dispatch", "error": "RunFailed"})
    assert [r["attempt"] for r in document["replayed"]] == [2]
    assert document["dead_letters"] == {**NONE, "replayed": 1}
    assert (run(conn, lost)["status"], run(conn, lost)["attempt"]) == ("PENDING", 2)
    assert [m["attempt"] for m in messages()] == [2]
    assert buried() == []


@pytest.mark.parametrize("kind", [under_way, moved_on, replaced])
def test_a_run_that_moved_on_is_left_and_its_letter_removed(
    conn: Connection, messages: Any, kind: Any
) -> None:
    """F-C4"""
    bury(kind(conn))
    before = everything(conn)
    _, document = replay({"step": "dispatch", "error": "RunMovedOn"})
    assert (document["count"], document["dead_letters"]) == (0, {**NONE, "settled": 1})
    assert (everything(conn), buried(), messages()) == (before, [], [])


def test_what_cannot_be_replayed_is_kept(conn: Connection, messages: Any) -> None:
    """F-C4"""
    bury("poison", UNKNOWN)
    _, document = replay({"all": True})
    assert (document["count"], document["dead_letters"]) == (0, {**NONE, "kept": 2})
    assert sorted(buried()) == sorted(["poison", UNKNOWN.to_json()])
    assert messages() == []


def test_everything_covers_runs_and_letters_each_run_once(conn: Connection, messages: Any) -> None:
    """F-C4"""
    of_every_kind(conn)
    failed(conn, "create_ticket")
    before, waiting = everything(conn), failures()
    _, would = replay({"all": True, "dry_run": True})
    assert (everything(conn), failures(), messages()) == (before, waiting, [])
    _, document = replay({"all": True})
    assert would == {**document, "dry_run": True}
    assert document["dead_letters"] == {"replayed": 2, "settled": 3, "kept": 3}
    assert sorted(r["attempt"] for r in document["replayed"]) == [1, 2, 2]
    assert len({r["run_id"] for r in document["replayed"]}) == document["count"] == 3
    assert document["remaining"] == 0
    assert len(messages()) == 3
    assert sorted(groups()) == ["MessageInvalid", "RunUnknown"]


def test_runs_of_letters_count_among_those_that_go_at_once(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-C4"""
    monkeypatch.setattr("deskhand.workflow.replay.AT_ONCE", 2)
    others = [failed(conn) for _ in range(2)]
    lost = failed(conn)
    bury(lost)
    _, document = replay({"all": True})
    assert {r["run_id"] for r in document["replayed"]} == {lost.run_id, others[0].run_id}
    assert (document["count"], document["remaining"]) == (2, 1)


@pytest.mark.parametrize(
    "selection", [{"step": "classify", "error": "Broken"}, {"step": "dispatch", "error": "Other"}]
)
def test_letters_of_other_groups_are_not_touched(conn: Connection, selection: object) -> None:
    """F-C4"""
    lost = undispatched(conn)
    bury(lost)
    _, document = replay(selection)
    assert document["dead_letters"] == NONE
    assert buried() == [lost.to_json()]


def test_letters_stay_when_the_replay_is_rolled_back(conn: Connection) -> None:
    """F-C4"""
    lost = undispatched(conn)
    bury(lost)
    conn.execute("ALTER TABLE outbox ADD CONSTRAINT broken CHECK (sent_at IS NOT NULL)")
    before = everything(conn)
    assert replay({"all": True})[0]["statusCode"] == 500
    assert everything(conn) == before
    assert buried() == [lost.to_json()]


def test_a_crash_before_the_letters_are_removed_is_harmless(
    conn: Connection, messages: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-C4"""
    waiting, broken = undispatched(conn), failed(conn)
    bury(waiting, broken)

    def killed(**_: object) -> None:
        raise ClientError({"Error": {"Code": "Killed"}}, "DeleteMessageBatch")

    with monkeypatch.context() as crash:
        crash.setattr(sqs(), "delete_message_batch", killed)
        assert replay({"all": True})[1]["dead_letters"]["replayed"] == 2
    boto3.resource("sqs").Queue(environment.settings().dead_letter_queue_url).purge()
    bury(waiting, broken)  # they come back when they were hidden for long enough
    _, document = replay({"all": True})
    assert document["dead_letters"] == {"replayed": 1, "settled": 1, "kept": 0}
    assert (run(conn, waiting)["attempt"], run(conn, broken)["attempt"]) == (1, 2)
    assert buried() == []
    # The second copy of the first attempt's message is what dispatch absorbs.
    assert sorted(m["attempt"] for m in messages()) == [1, 1, 2]


def test_a_repeat_of_a_key_leaves_the_letters_alone(conn: Connection) -> None:
    """F-B1 F-C4"""
    first, _ = replay({"all": True}, Idempotency_Key="k-1")
    lost = undispatched(conn)
    bury(lost)
    again, _ = replay({"all": True}, Idempotency_Key="k-1")
    assert (again["body"], header(again, "Idempotency-Replayed")) == (first["body"], "true")
    assert buried() == [lost.to_json()]


def test_a_letter_in_other_hands_is_not_replayed_twice(conn: Connection) -> None:
    """F-C4: two replays at once share the letters."""
    lost = undispatched(conn)
    bury(lost)
    with dead_letters.receive_letters() as held:
        assert [letter.message for letter in held.letters] == [lost]
        _, document = replay({"all": True})
        assert document["dead_letters"] == NONE
        assert failures()["dead_letters_waiting"] == 1
    assert buried() == [lost.to_json()]


def test_a_queue_that_does_not_answer_is_a_503(conn: Connection) -> None:
    """F-A14"""
    old = failed(conn)
    boto3.client("sqs").delete_queue(QueueUrl=environment.settings().dead_letter_queue_url)
    for reply, problem in (call("GET", "/admin/failures"), replay({"all": True})):
        assert (reply["statusCode"], header(reply, "Retry-After")) == (503, "2")
        assert "dead-letter queue" in problem["detail"]
    # One run, or a group of another step, needs no queue.
    assert replay({"step": "classify", "error": "Other"})[0]["statusCode"] == 202
    assert replay({"run_id": old.run_id})[0]["statusCode"] == 202
