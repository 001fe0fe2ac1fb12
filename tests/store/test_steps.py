"""A step is done once for each run and revision, under the fence of its attempt."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any
from uuid import UUID

import psycopg
import pytest

from deskhand.errors import AttemptOvertaken
from deskhand.store import drafts, outbox, runs, steps, tickets
from deskhand.store.connection import Connection, open_connection
from deskhand.store.outbox import Message
from deskhand.store.runs import Stalled
from deskhand.store.steps import Outcome
from tests import arrange
from tests.patience import HUNG_SECONDS, wait_for_lock


def run_row(conn: Connection, run_id: int) -> dict[str, object]:
    row = conn.execute("SELECT * FROM runs WHERE id = %s", [run_id]).fetchone()
    assert row is not None
    return row


def kinds(conn: Connection, ticket_id: UUID) -> list[str]:
    return [event["kind"] for event in tickets.events(conn, ticket_id)]


def next_attempt(conn: Connection, run_id: int) -> None:
    arrange.sent(conn)
    [stalled] = [r for r in runs.stalled_runs(conn, 0, 10) if r.run_id == run_id]
    assert runs.next_attempt(conn, stalled)


def only_stalled(conn: Connection) -> Stalled:
    arrange.sent(conn)
    [stalled] = runs.stalled_runs(conn, 0, 10)
    return stalled


def test_opening_starts_the_run_once(conn: Connection) -> None:
    ticket_id, run_id = arrange.accepted(conn)
    opened = steps.open_step(conn, run_id, 1, "classify", 0)
    steps.open_step(conn, run_id, 1, "classify", 0)
    assert (opened.ticket.id, opened.request_id, opened.verdict) == (ticket_id, "req-1", None)
    assert run_row(conn, run_id)["status"] == "IN_PROGRESS"
    assert kinds(conn, ticket_id).count("run.in_progress") == 1


def test_a_repeated_step_returns_the_first_verdict(conn: Connection) -> None:
    """F-B7"""
    ticket_id, run_id = arrange.accepted(conn)
    steps.open_step(conn, run_id, 1, "classify", 0)
    first = steps.close_step(conn, run_id, 1, "classify", 0, Outcome({"n": 1}), 0.1)
    second = steps.close_step(conn, run_id, 1, "classify", 0, Outcome({"n": 2}), 0.1)
    assert first == second == {"n": 1}
    assert steps.open_step(conn, run_id, 1, "classify", 0).verdict == {"n": 1}
    assert kinds(conn, ticket_id).count("step.succeeded") == 1


def test_a_revision_returns_its_own_verdict(conn: Connection) -> None:
    _, run_id = arrange.accepted(conn)
    for n in (0, 1):
        assert steps.open_step(conn, run_id, 1, "draft_reply", n).verdict is None
        steps.close_step(conn, run_id, 1, "draft_reply", n, Outcome({"n": n}), 0.1)
    for n in (0, 1):
        assert steps.open_step(conn, run_id, 1, "draft_reply", n).verdict == {"n": n}


def test_a_start_is_noted_once(conn: Connection) -> None:
    _, run_id = arrange.accepted(conn)
    steps.open_step(conn, run_id, 1, "validate_ticket", 0)
    started = run_row(conn, run_id)["started_at"]
    steps.open_step(conn, run_id, 1, "classify", 0)
    assert run_row(conn, run_id)["started_at"] == started is not None


def test_twins_that_close_at_once_store_one_outcome(database: str, conn: Connection) -> None:
    """F-B7"""
    ticket_id, run_id = arrange.accepted(conn)
    steps.open_step(conn, run_id, 1, "classify", 0)
    entered = threading.Event()

    def slow(own: Connection, _: UUID) -> None:
        entered.set()
        wait_for_lock(own)

    def first() -> dict[str, Any]:
        with open_connection(database) as own:
            outcome = Outcome({"n": 1}, apply=slow)
            return steps.close_step(own, run_id, 1, "classify", 0, outcome, 0.1)

    with ThreadPoolExecutor(1) as pool:
        twin = pool.submit(first)
        assert entered.wait(HUNG_SECONDS)
        second = steps.close_step(conn, run_id, 1, "classify", 0, Outcome({"n": 2}), 0.1)
        assert twin.result() == second == {"n": 1}
    assert kinds(conn, ticket_id).count("step.succeeded") == 1


def test_an_overtaken_attempt_changes_nothing(conn: Connection) -> None:
    _, run_id = arrange.accepted(conn)
    steps.open_step(conn, run_id, 1, "classify", 0)
    next_attempt(conn, run_id)
    with pytest.raises(AttemptOvertaken):
        steps.close_step(conn, run_id, 1, "classify", 0, Outcome({}, completes=True), 0.1)
    with pytest.raises(AttemptOvertaken):
        steps.open_step(conn, run_id, 1, "classify", 0)
    assert not runs.fail(conn, run_id, 1, "Late", "too late")
    assert conn.execute("SELECT count(*) AS n FROM step_outcomes").fetchone() == {"n": 0}
    assert run_row(conn, run_id)["status"] == "IN_PROGRESS"


def test_no_next_attempt_slips_between_fence_and_outcome(database: str, conn: Connection) -> None:
    _, run_id = arrange.accepted(conn)
    steps.open_step(conn, run_id, 1, "classify", 0)

    def overtake(_: Connection, __: UUID) -> None:
        with open_connection(database) as other:
            other.execute("SET lock_timeout = '50ms'")
            next_attempt(other, run_id)

    with pytest.raises(psycopg.errors.LockNotAvailable):
        steps.close_step(conn, run_id, 1, "classify", 0, Outcome({}, apply=overtake), 0.1)


def test_a_run_that_failed_meanwhile_takes_no_outcome(conn: Connection) -> None:
    _, run_id = arrange.accepted(conn)
    steps.open_step(conn, run_id, 1, "classify", 0)
    runs.fail(conn, run_id, 1, "Broken", "why")
    with pytest.raises(AttemptOvertaken):
        steps.close_step(conn, run_id, 1, "classify", 0, Outcome({}), 0.1)
    assert arrange.count(conn, "step_outcomes") == 0


def test_a_failed_try_of_an_overtaken_attempt_leaves_no_trace(conn: Connection) -> None:
    ticket_id, run_id = arrange.accepted(conn)
    steps.open_step(conn, run_id, 1, "classify", 0)
    next_attempt(conn, run_id)
    steps.note_failure(conn, run_id, 1, "classify", "ModelUnavailable", 0.5)
    runs.fail(conn, run_id, 2, "Broken", "why")
    steps.note_failure(conn, run_id, 2, "classify", "ModelUnavailable", 0.5)
    assert "step.failed" not in kinds(conn, ticket_id)


def test_the_next_attempt_finds_the_outcomes_of_the_last(conn: Connection) -> None:
    """F-C6"""
    _, run_id = arrange.accepted(conn)
    steps.open_step(conn, run_id, 1, "classify", 0)
    steps.close_step(conn, run_id, 1, "classify", 0, Outcome({"n": 1}), 0.1)
    next_attempt(conn, run_id)
    assert steps.open_step(conn, run_id, 2, "classify", 0).verdict == {"n": 1}


def test_a_completed_run_stays_completed(conn: Connection) -> None:
    """F-D1"""
    ticket_id, run_id = arrange.accepted(conn)
    steps.open_step(conn, run_id, 1, "create_ticket", 0)
    steps.close_step(conn, run_id, 1, "create_ticket", 0, Outcome({}, completes=True), 0.1)
    assert not runs.fail(conn, run_id, 1, "Late", "too late")
    with pytest.raises(AttemptOvertaken):
        steps.open_step(conn, run_id, 1, "classify", 0)
    assert steps.open_step(conn, run_id, 1, "create_ticket", 0).verdict == {}
    assert [k for k in kinds(conn, ticket_id) if k.startswith("run.")] == [
        "run.pending",
        "run.in_progress",
        "run.completed",
    ]


def test_outcome_ticket_and_run_change_together_or_not_at_all(conn: Connection) -> None:
    _, run_id = arrange.accepted(conn)
    steps.open_step(conn, run_id, 1, "create_ticket", 0)

    def break_it(conn: Connection, ticket_id: UUID) -> None:
        conn.execute("UPDATE tickets SET title = 'x', status = 'open' WHERE id = %s", [ticket_id])
        raise RuntimeError

    with pytest.raises(RuntimeError):
        steps.close_step(conn, run_id, 1, "create_ticket", 0, Outcome({}, apply=break_it), 0.1)
    assert conn.execute("SELECT count(*) AS n FROM step_outcomes").fetchone() == {"n": 0}
    assert conn.execute("SELECT status FROM tickets").fetchone() == {"status": "new"}


def test_stalled_is_decided_by_the_database_clock(conn: Connection) -> None:
    arrange.accepted(conn)
    arrange.sent(conn)
    for age, stalls in (("299 seconds", False), ("301 seconds", True)):
        conn.execute("UPDATE runs SET progressed_at = now() - %s::interval", [age])
        assert bool(runs.stalled_runs(conn, 300, 10)) is stalls


def test_the_longest_stalled_come_first(conn: Connection) -> None:
    ids = [arrange.accepted(conn)[1] for _ in range(3)]
    arrange.sent(conn)
    assert [run.run_id for run in runs.stalled_runs(conn, 0, 2)] == ids[:2]
    assert [run.run_id for run in runs.stalled_runs(conn, 0, 2, ids[:1])] == ids[1:]


@pytest.mark.parametrize("started", [False, True])
def test_what_has_not_started_and_is_owed_waits_for_the_relay(
    conn: Connection, started: bool
) -> None:
    _, run_id = arrange.accepted(conn)
    if started:
        steps.open_step(conn, run_id, 1, "classify", 0)
    assert bool(runs.stalled_runs(conn, 0, 10)) is started
    arrange.sent(conn)
    assert runs.stalled_runs(conn, 0, 10)


def test_a_step_is_progress(conn: Connection) -> None:
    _, run_id = arrange.accepted(conn)
    for work in (
        lambda: steps.open_step(conn, run_id, 1, "classify", 0),
        lambda: steps.close_step(conn, run_id, 1, "classify", 0, Outcome({}), 0.1),
    ):
        conn.execute("UPDATE runs SET progressed_at = now() - interval '1 hour'")
        work()
        assert runs.stalled_runs(conn, 300, 10) == []


@pytest.mark.parametrize("revive", [runs.send_again, runs.next_attempt, runs.touch])
def test_a_revived_run_is_left_alone_for_another_full_wait(
    conn: Connection, revive: Callable[[Connection, Stalled], object]
) -> None:
    arrange.accepted(conn)
    arrange.sent(conn)
    conn.execute("UPDATE runs SET progressed_at = now() - interval '1 hour'")
    [stalled] = runs.stalled_runs(conn, 300, 10)
    revive(conn, stalled)
    assert runs.stalled_runs(conn, 300, 10) == []


def test_a_run_that_ended_meanwhile_is_not_brought_back(conn: Connection) -> None:
    _, run_id = arrange.accepted(conn)
    stalled = only_stalled(conn)
    runs.fail(conn, run_id, 1, "Broken", "why")
    assert not runs.next_attempt(conn, stalled)
    assert not runs.send_again(conn, stalled)
    assert run_row(conn, run_id)["attempt"] == 1


def test_a_next_attempt_is_on_the_trail(conn: Connection) -> None:
    ticket_id, run_id = arrange.accepted(conn)
    next_attempt(conn, run_id)
    assert kinds(conn, ticket_id)[-1] == "run.next_attempt"


def test_two_reconcilers_make_one_next_attempt(conn: Connection) -> None:
    arrange.accepted(conn)
    arrange.sent(conn)
    [seen] = runs.stalled_runs(conn, 0, 10)
    assert [runs.next_attempt(conn, seen), runs.next_attempt(conn, seen)] == [True, False]
    owed = conn.execute("SELECT attempt FROM outbox ORDER BY attempt").fetchall()
    assert [row["attempt"] for row in owed] == [1, 2]


def test_sending_again_keeps_the_attempt(conn: Connection) -> None:
    _, run_id = arrange.accepted(conn)
    arrange.sent(conn)
    [seen] = runs.stalled_runs(conn, 0, 10)
    assert runs.send_again(conn, seen)
    owed = conn.execute("SELECT attempt, sent_at FROM outbox").fetchall()
    assert owed == [{"attempt": 1, "sent_at": None}]
    assert run_row(conn, run_id)["attempt"] == 1


def test_a_message_that_is_owed_again_is_due_at_once(conn: Connection) -> None:
    arrange.accepted(conn)
    conn.execute("UPDATE outbox SET sent_at = now(), tries = 9, next_try_at = 'infinity'")
    runs.send_again(conn, only_stalled(conn))
    assert len(outbox.claim_due(conn, 10)) == 1


def test_a_message_is_not_sent_again_for_an_overtaken_attempt(conn: Connection) -> None:
    ticket_id, run_id = arrange.accepted(conn)
    stalled = only_stalled(conn)
    next_attempt(conn, run_id)
    outbox.mark_sent(conn, [Message(ticket_id, run_id, 2)])
    assert not runs.send_again(conn, stalled)
    assert outbox.unsent(conn) == 0


def test_a_failure_keeps_the_triage_that_there_is(conn: Connection) -> None:
    _, run_id = arrange.accepted(conn)
    conn.execute("UPDATE tickets SET ai_status = 'FALLBACK'")
    runs.fail(conn, run_id, 1, "Broken", "why")
    assert conn.execute("SELECT ai_status, needs_review FROM tickets").fetchone() == {
        "ai_status": "FALLBACK",
        "needs_review": True,
    }


def test_a_ticket_has_one_open_run(conn: Connection) -> None:
    ticket_id, _ = arrange.accepted(conn)
    with pytest.raises(psycopg.errors.UniqueViolation):
        conn.execute("INSERT INTO runs (ticket_id, request_id) VALUES (%s, 'r')", [ticket_id])


@pytest.mark.parametrize(
    ("start", "move"),
    [
        ("PENDING", "status = 'COMPLETED', finished_at = now()"),
        ("COMPLETED", "status = 'IN_PROGRESS', finished_at = NULL"),
        ("COMPLETED", "status = 'FAILED', error = 'x'"),
        ("FAILED", "status = 'PENDING', error = NULL, finished_at = NULL"),
        ("FAILED", "status = 'IN_PROGRESS', attempt = 2, error = NULL, finished_at = NULL"),
        ("FAILED", "status = 'COMPLETED', error = NULL, reason = NULL"),
    ],
)
def test_the_schema_refuses_an_illegal_move(conn: Connection, start: str, move: str) -> None:
    """F-D1"""
    _, run_id = arrange.accepted(conn)
    if start == "COMPLETED":
        steps.open_step(conn, run_id, 1, "classify", 0)
        steps.close_step(conn, run_id, 1, "classify", 0, Outcome({}, completes=True), 0.1)
    if start == "FAILED":
        runs.fail(conn, run_id, 1, "Broken", "why")
    with pytest.raises(psycopg.errors.CheckViolation, match=f"{start} cannot become"):
        conn.execute(f"UPDATE runs SET {move}")  # noqa: S608 - the cases above


def test_a_stalled_run_knows_its_message() -> None:
    stalled = Stalled(UUID(int=7), 12, 3, "PENDING", False)
    assert stalled.message.to_json() == (
        '{"ticket_id":"00000000-0000-0000-0000-000000000007","run_id":12,"attempt":3}'
    )


def test_steps_beside_each_other_leave_the_runs_present_step_alone(conn: Connection) -> None:
    """F-D10: a failure goes by the name of the step that can end the run."""
    _, run_id = arrange.accepted(conn)
    for name in ("validate_ticket", "classify", "extract_entities", "research"):
        steps.open_step(conn, run_id, 1, name, 0)
    steps.close_step(conn, run_id, 1, "research", 0, Outcome({}), 0.1)
    assert run_row(conn, run_id)["current_step"] == "classify"


def test_steps_beside_each_other_do_not_wait_in_a_circle(conn: Connection, database: str) -> None:
    """F-D10: each locks the run before the ticket."""
    for _ in range(10):
        ticket_id, run_id = arrange.accepted(conn)

        def done(name: str, ticket_id: UUID = ticket_id, run_id: int = run_id) -> dict[str, Any]:
            write = partial(drafts.set_entities, text_version=1, entities={"by": name})
            with open_connection(database) as own:
                steps.open_step(own, run_id, 1, name, 0)
                return steps.close_step(own, run_id, 1, name, 0, Outcome({"n": name}, {}, write), 0)

        names = ["classify", "extract_entities", "research"]
        with ThreadPoolExecutor(3) as pool:
            assert [v["n"] for v in pool.map(done, names)] == names
        assert kinds(conn, ticket_id).count("step.succeeded") == 3
