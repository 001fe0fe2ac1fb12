"""Idempotency keys of requests that act: reprocess and replay."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from deskhand.api.idempotency import StoredAnswer, once
from deskhand.store import runs
from deskhand.store.connection import Connection, open_connection
from deskhand.store.idempotency_keys import Key
from deskhand.store.outbox import Message
from deskhand.workflow.api import _reprocess_ticket
from tests import arrange
from tests.functions.workflow.recovering import (
    OPERATOR,
    everything,
    failed,
    header,
    replay,
    reprocess,
)

pytestmark = pytest.mark.usefixtures("dead")


def acted(conn: Connection, kind: str, message: Message, **headers: str) -> dict[str, Any]:
    if kind == "reprocess":
        return reprocess(message.ticket_id, **headers)[0]
    return replay({"run_id": message.run_id}, **headers)[0]


ACTIONS = pytest.mark.parametrize("kind", ["reprocess", "replay"])


@ACTIONS
def test_a_repeat_is_answered_byte_for_byte(conn: Connection, messages: Any, kind: str) -> None:
    """F-B1"""
    old = failed(conn)
    first = acted(conn, kind, old, Idempotency_Key="k-1")
    conn.execute("UPDATE tickets SET status = 'closed', title = 't'")
    again = acted(conn, kind, old, Idempotency_Key="k-1")
    assert (again["statusCode"], again["body"]) == (first["statusCode"], first["body"])
    assert header(again, "Location") == header(first, "Location")
    assert header(first, "Idempotency-Replayed") is None
    assert header(again, "Idempotency-Replayed") == "true"
    assert len(messages()) == 1


@ACTIONS
def test_a_key_of_another_request_is_refused(conn: Connection, kind: str) -> None:
    """F-B3"""
    one, other = failed(conn), failed(conn)
    acted(conn, kind, one, Idempotency_Key="k-1")
    before = everything(conn)
    assert acted(conn, kind, other, Idempotency_Key="k-1")["statusCode"] == 422
    assert everything(conn) == before


@ACTIONS
def test_a_refused_action_leaves_no_key(conn: Connection, kind: str) -> None:
    """F-B4"""
    ticket_id, run_id = arrange.accepted(conn)
    open_one = Message(ticket_id, run_id, 1)
    assert acted(conn, kind, open_one, Idempotency_Key="k-1")["statusCode"] == 409
    assert arrange.count(conn, "idempotency_keys") == 0
    runs.fail(conn, run_id, 1, "Broken", "why")
    reply = acted(conn, kind, open_one, Idempotency_Key="k-1")
    assert (reply["statusCode"], header(reply, "Idempotency-Replayed")) == (202, None)


@ACTIONS
def test_an_action_that_breaks_leaves_nothing(conn: Connection, messages: Any, kind: str) -> None:
    """F-B4"""
    old = failed(conn)
    conn.execute("ALTER TABLE outbox ADD CONSTRAINT broken CHECK (tries = 1) NOT VALID")
    before = everything(conn)
    assert acted(conn, kind, old, Idempotency_Key="k-1")["statusCode"] == 500
    assert everything(conn) == before
    assert messages() == []


@ACTIONS
@pytest.mark.parametrize(("age", "status"), [("71:59", 202), ("72:01", 409)])
def test_a_key_is_taken_until_it_expires(
    conn: Connection, kind: str, age: str, status: int
) -> None:
    """F-B5: afterwards it is a new request, which finds the run open."""
    old = failed(conn)
    acted(conn, kind, old, Idempotency_Key="k-1")
    conn.execute("UPDATE idempotency_keys SET expires_at = expires_at - %s::interval", [age])
    assert acted(conn, kind, old, Idempotency_Key="k-1")["statusCode"] == status


@ACTIONS
def test_an_expired_key_is_taken_over(conn: Connection, kind: str) -> None:
    """F-B5"""
    one, other = failed(conn), failed(conn)
    acted(conn, kind, one, Idempotency_Key="k-1")
    conn.execute(
        "UPDATE idempotency_keys SET expires_at = now() - interval '1 second', status = 201,"
        " fingerprint_version = 0"
    )
    reply = acted(conn, kind, other, Idempotency_Key="k-1")
    assert (reply["statusCode"], header(reply, "Idempotency-Replayed")) == (202, None)
    again = acted(conn, kind, other, Idempotency_Key="k-1")
    assert (again["statusCode"], again["body"]) == (202, reply["body"])
    assert acted(conn, kind, one, Idempotency_Key="k-1")["statusCode"] == 422


@ACTIONS
def test_keys_are_scoped_by_caller(conn: Connection, kind: str) -> None:
    """F-B5"""
    one, other = failed(conn), failed(conn)
    acted(conn, kind, one, Idempotency_Key="k-1")
    conn.execute("UPDATE idempotency_keys SET caller = 'user:another'")
    mine = acted(conn, kind, other, Idempotency_Key="k-1")
    assert mine["statusCode"] == 202
    answers = conn.execute("SELECT answer FROM idempotency_keys ORDER BY caller").fetchall()
    assert answers[0]["answer"] == mine["body"] != answers[1]["answer"] != ""


def test_keys_are_scoped_by_route(conn: Connection) -> None:
    """F-B5"""
    one, other = failed(conn), failed(conn)
    assert acted(conn, "reprocess", one, Idempotency_Key="k-1")["statusCode"] == 202
    assert acted(conn, "replay", other, Idempotency_Key="k-1")["statusCode"] == 202


@ACTIONS
@pytest.mark.parametrize("key", ["", "two words", "x" * 256])
def test_a_bad_key_is_refused(conn: Connection, kind: str, key: str) -> None:
    """F-B2"""
    old = failed(conn)
    assert acted(conn, kind, old, Idempotency_Key=key)["statusCode"] == 400
    assert arrange.count(conn, "outbox") == 1


@ACTIONS
def test_a_request_in_flight_is_a_conflict(database: str, conn: Connection, kind: str) -> None:
    """F-B4: it waits two seconds at most, and the first one's rollback makes it the first."""
    old = failed(conn)
    with psycopg.connect(database) as other:
        other.execute(
            "INSERT INTO idempotency_keys (caller, route, key, fingerprint, answer, expires_at)"
            " SELECT 'anonymous', route, 'k-1', '', '', now() + interval '1 day'"
            " FROM unnest(ARRAY['/admin/failures/replay', '/tickets/{ticket_id}/reprocess'])"
            " AS route"
        )
        reply = acted(conn, kind, old, Idempotency_Key="k-1")
        assert (reply["statusCode"], header(reply, "Retry-After")) == (409, "1")
        other.rollback()
    assert acted(conn, kind, old, Idempotency_Key="k-1")["statusCode"] == 202


def test_twins_with_one_key_act_once(database: str, conn: Connection) -> None:
    """F-B1"""
    old = failed(conn)
    key = Key("anonymous", "/any", "k-1", b"f", 72)
    barrier = threading.Barrier(8)

    def twin(_: int) -> StoredAnswer:
        with open_connection(database) as own:
            barrier.wait()
            return once(own, key, lambda: _reprocess_ticket(own, old.ticket_id, OPERATOR))[0]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(twin, range(8)))
    assert len({answer.body for answer in answers}) == 1
    assert sum(not answer.replayed for answer in answers) == 1
    assert {(a.status, a.ticket_id) for a in answers} == {(202, old.ticket_id)}
    assert arrange.count(conn, "runs") == 2
