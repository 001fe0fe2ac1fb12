"""A step is done once for each run and revision, under the fence of its attempt."""

from uuid import UUID

import pytest

from deskhand.errors import AttemptOvertaken
from deskhand.store import runs, steps, tickets
from deskhand.store.connection import Connection
from deskhand.store.runs import Stalled
from deskhand.store.steps import Outcome
from tests import arrange


def run_row(conn: Connection, run_id: int) -> dict[str, object]:
    row = conn.execute("SELECT * FROM runs WHERE id = %s", [run_id]).fetchone()
    assert row is not None
    return row


def kinds(conn: Connection, ticket_id: UUID) -> list[str]:
    return [event["kind"] for event in tickets.events(conn, ticket_id)]


def next_attempt(conn: Connection, run_id: int) -> None:
    [stalled] = [r for r in runs.stalled(conn, 0, 10) if r.run_id == run_id]
    assert runs.next_attempt(conn, stalled)


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


def test_a_revision_is_a_step_of_its_own(conn: Connection) -> None:
    _, run_id = arrange.accepted(conn)
    steps.open_step(conn, run_id, 1, "draft_reply", 0)
    steps.close_step(conn, run_id, 1, "draft_reply", 0, Outcome({"n": 1}), 0.1)
    assert steps.open_step(conn, run_id, 1, "draft_reply", 1).verdict is None


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
    for age, stalls in (("299 seconds", False), ("301 seconds", True)):
        conn.execute("UPDATE runs SET progressed_at = now() - %s::interval", [age])
        assert bool(runs.stalled(conn, 300, 10)) is stalls


def test_two_reconcilers_make_one_next_attempt(conn: Connection) -> None:
    arrange.accepted(conn)
    [seen] = runs.stalled(conn, 0, 10)
    assert [runs.next_attempt(conn, seen), runs.next_attempt(conn, seen)] == [True, False]
    owed = conn.execute("SELECT attempt FROM outbox ORDER BY attempt").fetchall()
    assert [row["attempt"] for row in owed] == [1, 2]


def test_sending_again_keeps_the_attempt(conn: Connection) -> None:
    _, run_id = arrange.accepted(conn)
    conn.execute("UPDATE outbox SET sent_at = now()")
    [seen] = runs.stalled(conn, 0, 10)
    assert runs.send_again(conn, seen)
    owed = conn.execute("SELECT attempt, sent_at FROM outbox").fetchall()
    assert owed == [{"attempt": 1, "sent_at": None}]
    assert run_row(conn, run_id)["attempt"] == 1


def test_the_schema_refuses_an_illegal_move(conn: Connection) -> None:
    """F-D1"""
    _, run_id = arrange.accepted(conn)
    runs.fail(conn, run_id, 1, "Broken", "why")
    with pytest.raises(Exception, match="FAILED cannot become COMPLETED"):
        conn.execute("UPDATE runs SET status = 'COMPLETED', error = NULL, reason = NULL")


def test_a_stalled_run_knows_its_message() -> None:
    stalled = Stalled(UUID(int=7), 12, 3, "PENDING", None)  # type: ignore[arg-type]
    assert stalled.message.to_json() == (
        '{"ticket_id":"00000000-0000-0000-0000-000000000007","run_id":12,"attempt":3}'
    )
