"""One statement accepts a ticket: all of it, once for each key."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import psycopg
import pytest

from deskhand.store import idempotency_keys, intake
from deskhand.store.connection import Connection, open_connection
from tests import arrange


def counts(conn: Connection) -> dict[str, int]:
    tables = ("tickets", "runs", "outbox", "idempotency_keys")
    return {table: arrange.count(conn, table) for table in tables}


def test_everything_is_stored_at_once(conn: Connection) -> None:
    request = arrange.request(key="k-1", tags=["vpn"], metadata={"a": [1, None]})
    accepted = intake.accept(conn, request)
    assert counts(conn) == {"tickets": 1, "runs": 1, "outbox": 1, "idempotency_keys": 1}
    ticket = conn.execute("SELECT * FROM tickets").fetchone()
    assert ticket["subject"] == arrange.COLUMNS["subject"]
    assert ticket["metadata"] == {"a": [1, None]}
    assert (ticket["status"], ticket["ai_status"]) == ("new", "PENDING")
    assert accepted.answer == (
        f'{{"ticket_id":"{request.ticket_id}","workflow_run_id":{accepted.run_id}}}'
    )
    events = conn.execute("SELECT kind FROM events ORDER BY id").fetchall()
    assert [event["kind"] for event in events] == ["ticket.created", "run.pending"]


def test_every_column_of_the_caller_is_stored(conn: Connection) -> None:
    given = {name: arrange.OTHERS[name] for name in arrange.COLUMNS}
    arrange.accepted(conn, **given)
    row = conn.execute("SELECT * FROM tickets").fetchone()
    assert {name: row[name] for name in given} == given


def test_a_repeat_stores_nothing_and_finds_the_first_answer(conn: Connection) -> None:
    """F-B1"""
    first = arrange.request(key="k-1")
    accepted = intake.accept(conn, first)
    assert intake.accept(conn, arrange.again(first)) is None
    assert counts(conn) == {"tickets": 1, "runs": 1, "outbox": 1, "idempotency_keys": 1}
    earlier = idempotency_keys.earlier_request(conn, "anonymous", "/tickets", "k-1")
    assert (earlier.answer, earlier.ticket_id) == (accepted.answer, first.ticket_id)


def test_keys_are_scoped_by_caller_and_route(conn: Connection) -> None:
    """F-B5"""
    first = arrange.request(key="k-1")
    assert intake.accept(conn, first)
    assert first.key
    for key in (replace(first.key, caller="other"), replace(first.key, route="/incidents")):
        assert intake.accept(conn, replace(arrange.again(first), key=key, caller=key.caller))


@pytest.mark.parametrize(("age", "taken"), [("71 hours 59 minutes", True), ("73 hours", False)])
def test_a_key_is_taken_until_it_expires(conn: Connection, age: str, taken: bool) -> None:
    """F-B5"""
    first = arrange.request(key="k-1")
    intake.accept(conn, first)
    conn.execute("UPDATE idempotency_keys SET expires_at = expires_at - %s::interval", [age])
    repeat = arrange.again(first)
    assert (intake.accept(conn, repeat) is None) is taken
    earlier = idempotency_keys.earlier_request(conn, "anonymous", "/tickets", "k-1")
    assert earlier.ticket_id == (first if taken else repeat).ticket_id


def test_a_key_is_kept_for_the_hours_that_are_set(conn: Connection) -> None:
    """F-B5"""
    first = arrange.request(key="k-1")
    assert first.key
    intake.accept(conn, replace(first, key=replace(first.key, hours=25)))
    row = conn.execute("SELECT expires_at - created_at AS kept FROM idempotency_keys").fetchone()
    assert row["kept"] == timedelta(hours=25)


def test_an_expired_key_that_nobody_took_over_is_free(conn: Connection) -> None:
    """F-B5"""
    intake.accept(conn, arrange.request(key="k-1"))
    conn.execute("UPDATE idempotency_keys SET expires_at = now() - interval '1 second'")
    assert idempotency_keys.earlier_request(conn, "anonymous", "/tickets", "k-1") is None


def test_reaping_removes_expired_keys_only(conn: Connection) -> None:
    intake.accept(conn, arrange.request(key="old"))
    conn.execute("UPDATE idempotency_keys SET expires_at = now() - interval '1 second'")
    intake.accept(conn, arrange.request(key="new"))
    assert idempotency_keys.reap(conn) == 1
    assert [row["key"] for row in conn.execute("SELECT key FROM idempotency_keys")] == ["new"]


def test_parallel_requests_with_one_key_make_one_ticket(database: str, conn: Connection) -> None:
    """F-B1"""
    first = arrange.request(key="race")
    barrier = threading.Barrier(16)

    def post(_: int) -> bool:
        with open_connection(database) as own:
            barrier.wait()
            return intake.accept(own, arrange.again(first)) is not None

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(post, range(16))) == 1
    assert counts(conn)["tickets"] == 1


def test_a_request_in_flight_is_waited_for_and_then_given_up(
    database: str, conn: Connection
) -> None:
    """F-B4"""
    first = arrange.request(key="slow")
    with open_connection(database) as other:
        conn.execute("BEGIN")
        intake.accept(conn, first)
        other.execute("SET lock_timeout = '50ms'")
        with pytest.raises(idempotency_keys.KeyInFlight):
            intake.accept(other, arrange.again(first))
        conn.execute("ROLLBACK")
        assert intake.accept(other, arrange.again(first)) is not None


def test_a_refused_ticket_leaves_no_key_behind(conn: Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation):
        intake.accept(conn, arrange.request(key="k-1", subject="x" * 501))
    assert counts(conn) == {"tickets": 0, "runs": 0, "outbox": 0, "idempotency_keys": 0}
