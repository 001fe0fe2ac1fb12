"""A replay is the next attempt of a failed run."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from deskhand.errors import AttemptOvertaken
from deskhand.refusals import Conflict
from deskhand.settings import environment
from deskhand.store import failed_runs, outbox, runs, steps
from deskhand.store.connection import Connection, open_connection
from deskhand.store.failed_runs import FailureFilter
from deskhand.store.outbox import Message
from deskhand.workflow.replay import AT_ONCE, replay_failures, replay_run
from deskhand.workflow.replay import reprocess as reprocess_ticket
from tests import arrange
from tests.functions.workflow.recovering import (
    OPERATOR,
    events,
    everything,
    failed,
    replay,
    reprocess,
    run,
)
from tests.patience import wait_for_lock

pytestmark = pytest.mark.usefixtures("dead")

NONE = {"replayed": 0, "settled": 0, "kept": 0}


def test_a_replay_is_the_next_attempt_of_the_same_run(conn: Connection, messages: Any) -> None:
    """F-C4"""
    old = failed(conn)
    reply, document = replay({"run_id": old.run_id})
    assert reply["statusCode"] == 202
    again = {"run_id": old.run_id, "ticket_id": str(old.ticket_id), "attempt": 2}
    assert document == {
        "replayed": [again], "count": 1, "remaining": 0, "dead_letters": NONE, "dry_run": False
    }  # fmt: skip
    assert run(conn, old) == {
        "status": "PENDING", "attempt": 2, "error": None, "reason": None, "finished_at": None,
        "current_step": None, "written_off": 1,
    }  # fmt: skip
    assert messages() == [again]
    assert outbox.unsent(conn) == 1  # the first attempt's, which was never sent here
    assert events(conn, old)[-2:] == [("run.replayed", "anonymous"), ("run.pending", "workflow")]
    ticket = conn.execute("SELECT ai_status, version FROM tickets").fetchone()
    assert ticket == {"ai_status": "PENDING", "version": 3}


def test_a_finished_triage_is_not_made_pending_by_a_replay(conn: Connection) -> None:
    old = failed(conn)
    conn.execute("UPDATE tickets SET ai_status = 'FALLBACK'")
    replay({"run_id": old.run_id})
    ticket = conn.execute("SELECT ai_status, version FROM tickets").fetchone()
    assert ticket == {"ai_status": "FALLBACK", "version": 2}


def test_a_group_is_replayed_and_others_are_left(conn: Connection, messages: Any) -> None:
    """F-C4"""
    mine = [failed(conn), failed(conn)]
    others = [failed(conn, "create_ticket"), failed(conn, "classify", "Other")]
    _, document = replay({"step": "classify", "error": "Broken"})
    assert [r["run_id"] for r in document["replayed"]] == [m.run_id for m in mine]
    assert {m["run_id"] for m in messages()} == {m.run_id for m in mine}
    assert {run(conn, other)["status"] for other in others} == {"FAILED"}


def test_what_failed_before_its_first_step_is_the_group_dispatch(conn: Connection) -> None:
    """F-C4"""
    lost = failed(conn, None, "AttemptsExhausted")
    failed(conn, "classify", "AttemptsExhausted")
    _, document = replay({"step": "dispatch", "error": "AttemptsExhausted"})
    assert [r["run_id"] for r in document["replayed"]] == [lost.run_id]


def test_everything_is_replayed_but_so_many_at_once(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-C4"""
    assert AT_ONCE == 500
    monkeypatch.setattr("deskhand.workflow.replay.AT_ONCE", 2)
    ids = [failed(conn, step).run_id for step in ("classify", "create_ticket", None)]
    _, document = replay({"all": True})
    assert [r["run_id"] for r in document["replayed"]] == ids[:2]
    assert (document["count"], document["remaining"]) == (2, 1)
    _, document = replay({"all": True})
    assert [r["run_id"] for r in document["replayed"]] == ids[2:]
    assert document["remaining"] == 0


@pytest.mark.parametrize("which", ["run_id", "group", "all"])
def test_a_dry_run_tells_and_changes_nothing(conn: Connection, messages: Any, which: str) -> None:
    """F-C4"""
    old = failed(conn)
    selections: dict[str, dict[str, object]] = {
        "run_id": {"run_id": old.run_id},
        "group": {"step": "classify", "error": "Broken"},
        "all": {"all": True},
    }
    selection = selections[which]
    before = everything(conn)
    reply, would = replay({**selection, "dry_run": True})
    assert reply["statusCode"] == 200
    assert everything(conn) == before
    assert messages() == []
    _, done = replay({**selection, "dry_run": False})
    assert would == {**done, "dry_run": True}


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/run_id"),
        ({}, "/step"),
        ({}, "/error"),
        ({}, "/all"),
        ({"dry_run": True}, "/all"),
        ({"dry_run": "no"}, "/dry_run"),
        ({"run": 1}, "/run"),
        ({"step": "classify"}, "/error"),
        ({"run_id": 1, "all": True}, "/all"),
        ({"run_id": 1, "step": "a", "error": "b"}, "/step"),
        ({"all": False}, "/all"),
        ({"all": True, "step": "a"}, "/step"),
        ({"run_id": "1"}, "/run_id"),
        ({"run_id": 0}, "/run_id"),
        ({"run_id": 2**63}, "/run_id"),
        ({"run_id": True}, "/run_id"),
        ({"run_id": None}, "/run_id"),
        ({"all": True, "dry_run": "no"}, "/dry_run"),
        ({"all": True, "limit": 1}, "/limit"),
        ([], ""),
    ],
)
def test_a_wrong_selection_is_named(conn: Connection, body: object, pointer: str) -> None:
    """F-A14"""
    old = failed(conn)
    reply, problem = replay(body)
    assert reply["statusCode"] == 422
    assert pointer in [error["pointer"] for error in problem["errors"]]
    assert run(conn, old)["attempt"] == 1


def test_only_a_failed_run_comes_back(conn: Connection) -> None:
    """F-C4"""
    _, open_run = arrange.accepted(conn)
    assert replay({"run_id": open_run})[0]["statusCode"] == 409
    assert replay({"run_id": open_run, "dry_run": True})[0]["statusCode"] == 409
    assert replay({"run_id": open_run + 1})[0]["statusCode"] == 404


def test_two_replays_at_once_make_one_attempt(database: str, conn: Connection) -> None:
    """F-C4"""
    old = failed(conn)
    barrier = threading.Barrier(8)

    def one(n: int) -> str:
        with open_connection(database) as own:
            barrier.wait()
            try:
                with own.transaction():
                    return "one" if replay_run(own, old.run_id, OPERATOR).runs else "none"
            except Conflict:
                return "409"

    with ThreadPoolExecutor(8) as pool:
        ended = list(pool.map(one, range(8)))
    assert sorted(ended) == ["409"] * 7 + ["one"]
    assert run(conn, old)["attempt"] == 2
    assert arrange.count(conn, "outbox") == 2


def test_replays_of_everything_at_once_make_one_attempt_each(
    database: str, conn: Connection
) -> None:
    """F-C4"""
    for _ in range(20):
        failed(conn)
    barrier = threading.Barrier(8)

    def many(_: int) -> int:
        with open_connection(database) as own:
            barrier.wait()
            with own.transaction():
                return len(replay_failures(own, FailureFilter(), [], OPERATOR).runs)

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(many, range(8))) == [0] * 7 + [20]
    attempts = conn.execute("SELECT DISTINCT attempt FROM runs").fetchall()
    assert attempts == [{"attempt": 2}]


@pytest.mark.parametrize("how", ["one", "many"])
def test_a_replay_waits_for_a_reprocess_and_then_leaves_the_old_run(
    database: str, conn: Connection, how: str
) -> None:
    """F-C4 F-D13"""
    old = failed(conn)

    def replayed() -> int:
        with open_connection(database) as own, own.transaction():
            if how == "many":
                return len(replay_failures(own, FailureFilter(), [], OPERATOR).runs)
            with pytest.raises(Conflict, match="later run"):
                replay_run(own, old.run_id, OPERATOR)
            return 0

    with open_connection(database) as other, ThreadPoolExecutor(1) as pool:
        with other.transaction():
            reprocess_ticket(other, old.ticket_id, OPERATOR)
            waiting = pool.submit(replayed)
            wait_for_lock(conn)
        assert waiting.result() == 0
    assert (run(conn, old)["status"], arrange.count(conn, "runs")) == ("FAILED", 2)


@pytest.mark.parametrize("how", ["one", "many"])
def test_a_reprocess_waits_for_a_replay_and_then_finds_the_run_open(
    database: str, conn: Connection, how: str
) -> None:
    """F-C4 F-D13"""
    old = failed(conn)
    with open_connection(database) as other, ThreadPoolExecutor(1) as pool:
        with other.transaction():
            failed_runs.lock_runs(other, [old.run_id])
            waiting = pool.submit(reprocess, old.ticket_id)
            wait_for_lock(conn)
            if how == "one":
                replay_run(other, old.run_id, OPERATOR)
            else:
                replay_failures(other, FailureFilter(), [], OPERATOR)
        assert waiting.result()[0]["statusCode"] == 409
    assert (run(conn, old)["status"], arrange.count(conn, "runs")) == ("PENDING", 1)


def test_an_overtaken_attempt_changes_nothing_after_a_replay(conn: Connection) -> None:
    """F-C4"""
    old = failed(conn)
    replay({"run_id": old.run_id})
    assert not runs.fail(conn, old.run_id, 1, "Late", "of the first attempt")
    with pytest.raises(AttemptOvertaken):
        steps.open_step(conn, old.run_id, 1, "classify", 0)
    assert run(conn, old)["error"] is None


def test_a_queue_that_refuses_costs_no_replay(conn: Connection) -> None:
    """F-C2"""
    old = failed(conn)
    outbox.mark_sent(conn, [old])
    boto3.client("sqs").delete_queue(QueueUrl=environment.settings().queue_url)
    assert replay({"run_id": old.run_id})[0]["statusCode"] == 202
    assert outbox.unsent(conn) == 1
    conn.execute("UPDATE outbox SET next_try_at = next_try_at - interval '31 seconds'")
    assert outbox.claim_due(conn, 10) == [Message(old.ticket_id, old.run_id, 2)]
