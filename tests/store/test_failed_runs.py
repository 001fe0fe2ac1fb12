"""Failed runs in the tables: found once, brought back once."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest

from deskhand.store import failed_runs, outbox, runs, steps
from deskhand.store.connection import Connection, open_connection
from deskhand.store.failed_runs import FailureFilter, Operator
from deskhand.store.outbox import Message
from tests import arrange

OPERATOR = Operator("user:op", "req-9")


def failed(conn: Connection) -> Message:
    ticket_id, run_id = arrange.accepted(conn)
    runs.fail(conn, run_id, 1, "Broken", "why")
    return Message(ticket_id, run_id, 1)


def test_a_run_comes_back_once_whoever_asks_at_the_same_time(
    database: str, conn: Connection
) -> None:
    """F-C4"""
    old = failed(conn)
    barrier = threading.Barrier(8)

    def back(_: int) -> int:
        with open_connection(database) as own:
            barrier.wait()
            return len(failed_runs.start_next_attempts(own, [old.run_id], OPERATOR))

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(back, range(8))) == [0] * 7 + [1]
    assert conn.execute("SELECT attempt FROM runs").fetchone() == {"attempt": 2}


def test_the_fresh_message_of_a_replay_is_left_to_it_for_a_while(conn: Connection) -> None:
    """F-C2"""
    old = failed(conn)
    outbox.mark_sent(conn, [old])
    [message] = failed_runs.start_next_attempts(conn, [old.run_id], OPERATOR)
    assert outbox.claim_due(conn, 10) == []
    conn.execute("UPDATE outbox SET next_try_at = next_try_at - interval '31 seconds'")
    assert outbox.claim_due(conn, 10) == [message]


def test_only_what_never_started_is_owed_again(conn: Connection) -> None:
    """F-C4"""
    ticket_id, waiting = arrange.accepted(conn)
    _, begun = arrange.accepted(conn)
    steps.open_step(conn, begun, 1, "classify", 0)
    ids = [waiting, begun, failed(conn).run_id]
    conn.execute("UPDATE outbox SET sent_at = now(), tries = 7")
    assert failed_runs.send_again(conn, ids, OPERATOR) == [Message(ticket_id, waiting, 1)]
    owed = conn.execute("SELECT run_id, tries FROM outbox WHERE sent_at IS NULL").fetchall()
    assert owed == [{"run_id": waiting, "tries": 0}]


def test_a_failure_that_a_later_run_replaced_is_none(conn: Connection) -> None:
    """F-C4"""
    old, other = failed(conn), failed(conn)
    failed_runs.open_run(conn, old.ticket_id, OPERATOR)
    assert failed_runs.failed_run_ids(conn, FailureFilter(), 10) == [other.run_id]
    assert failed_runs.count_failed(conn, FailureFilter()) == 1
    assert failed_runs.start_next_attempts(conn, [old.run_id], OPERATOR) == []


def test_more_attempts_than_there_were_cannot_be_written_off(conn: Connection) -> None:
    arrange.accepted(conn)
    with pytest.raises(psycopg.errors.CheckViolation):
        conn.execute("UPDATE runs SET written_off = attempt")
