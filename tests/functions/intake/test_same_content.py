"""POST /tickets without a key: the content stands for one."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from deskhand.settings import environment
from deskhand.store import intake
from deskhand.store.connection import Connection, open_connection
from deskhand.store.idempotency_keys import FINGERPRINT_VERSION
from deskhand.store.intake import Intake
from tests import arrange
from tests.functions.intake.posting import VALID, header, post

pytestmark = pytest.mark.usefixtures("aws")


def tickets(conn: Connection) -> int:
    return arrange.count(conn, "tickets")


def set_to(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    environment.settings.cache_clear()


def test_the_same_content_finds_the_first_ticket(conn: Connection, messages: Any) -> None:
    """F-B6"""
    first, _ = post(VALID)
    reordered = json.dumps(dict(reversed(VALID.items())), indent=2)
    again, _ = post(reordered)
    assert (again["statusCode"], again["body"]) == (202, first["body"])
    assert header(again, "Location") == header(first, "Location")
    assert header(first, "Idempotency-Replayed") is None
    assert header(again, "Idempotency-Replayed") == "true"
    assert tickets(conn) == len(messages()) == 1


def test_both_spellings_and_defaults_are_the_same_content(conn: Connection) -> None:
    """F-A2 F-B6"""
    post(VALID)
    other = {"title": VALID["subject"], "description": VALID["body"], "customer_id": "c-1"}
    reply, _ = post({**other, "tags": [], "channel": "api", "department": None})
    assert header(reply, "Idempotency-Replayed") == "true"
    assert tickets(conn) == 1


DIFFERENT = [
    ({**VALID, "subject": "ab", "body": "c"}, {**VALID, "subject": "a", "body": "bc"}),
    ({**VALID, "subject": "a|b", "body": "c"}, {**VALID, "subject": "a", "body": "b|c"}),
    ({**VALID, "subject": 'a","body":"b', "body": "c"}, {**VALID, "subject": "a", "body": "b"}),
    ({**VALID, "subject": "a\nb", "body": "c"}, {**VALID, "subject": "a", "body": "b\nc"}),
    ({**VALID, "subject": "a\u001fb", "body": "c"}, {**VALID, "subject": "a", "body": "b\u001fc"}),
    ({**VALID, "tags": ["a,b"]}, {**VALID, "tags": ["a", "b"]}),
    ({**VALID, "tags": ["a", "b"]}, {**VALID, "tags": ["b", "a"]}),
    ({**VALID, "department": "api"}, {**VALID, "channel": "x", "department": None}),
    ({**VALID, "metadata": {"n": 1}}, {**VALID, "metadata": {"n": "1"}}),
    ({**VALID, "body": "Caf\u00e9"}, {**VALID, "body": "Cafe\u0301"}),
    ({**VALID, "customer_id": "c-1"}, {**VALID, "customer_id": "c-2"}),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_what_differs_never_collides(conn: Connection, one: object, other: object) -> None:
    """F-B6"""
    for body in (one, other):
        reply, _ = post(body)
        assert reply["statusCode"] == 202
        assert header(reply, "Idempotency-Replayed") is None
    assert tickets(conn) == 2


def test_callers_do_not_share_content(conn: Connection) -> None:
    """F-B6"""
    post(VALID)
    conn.execute("UPDATE idempotency_keys SET caller = 'user:another'")
    post(VALID)
    assert tickets(conn) == 2


def test_a_key_is_never_matched_by_content(conn: Connection) -> None:
    """F-B6"""
    post(VALID, Idempotency_Key="k-1")
    post(VALID)
    post(VALID, Idempotency_Key="k-2")
    assert tickets(conn) == 3


def test_no_header_can_name_a_key_of_content(conn: Connection) -> None:
    """F-B6"""
    post(VALID)
    key = conn.execute("SELECT key FROM idempotency_keys").fetchone()["key"]
    assert key.startswith("content ")
    assert post(VALID, Idempotency_Key=key)[0]["statusCode"] == 400
    assert post(VALID, Idempotency_Key=f'"{key}"')[0]["statusCode"] == 400


@pytest.mark.parametrize(("age", "found"), [("23 hours 59 minutes", 1), ("24 hours 1 minute", 2)])
def test_the_window_ends(conn: Connection, age: str, found: int) -> None:
    """F-B6"""
    post(VALID)
    conn.execute("UPDATE idempotency_keys SET expires_at = expires_at - %s::interval", [age])
    post(VALID)
    assert tickets(conn) == found
    post(VALID)
    assert tickets(conn) == found


def test_the_window_is_a_setting(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-B6"""
    set_to(monkeypatch, "CONTENT_DEDUPE_HOURS", "2")
    post(VALID)
    kept = "SELECT extract(epoch FROM expires_at - created_at) / 3600 AS h FROM idempotency_keys"
    assert conn.execute(kept).fetchone()["h"] == 2


def test_a_window_of_nothing_switches_it_off(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-B6"""
    post(VALID)
    set_to(monkeypatch, "CONTENT_DEDUPE_HOURS", "0")
    for _ in range(2):
        assert header(post(VALID)[0], "Idempotency-Replayed") is None
    assert tickets(conn) == 3
    assert arrange.count(conn, "idempotency_keys") == 1


def test_parallel_posts_of_one_content_make_one_ticket(
    database: str, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-B6: what the handler hands over is stored by sixteen connections at once."""
    handed: list[Intake] = []
    accept = intake.accept

    def spy(conn: Connection, request: Intake) -> intake.Accepted | None:
        handed.append(request)
        return accept(conn, request)

    monkeypatch.setattr(intake, "accept", spy)
    for _ in range(16):
        post(VALID)
    conn.execute("TRUNCATE tickets, idempotency_keys CASCADE")
    barrier = threading.Barrier(16)

    def store(request: Intake) -> bool:
        with open_connection(database) as own:
            barrier.wait()
            return accept(own, request) is not None

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(store, handed)) == 1
    assert tickets(conn) == arrange.count(conn, "runs") == arrange.count(conn, "outbox") == 1


def test_content_in_flight_is_a_conflict(conn: Connection) -> None:
    """F-B4 F-B6"""
    post(VALID)
    with psycopg.Connection.connect(environment.settings().database_url) as other:
        other.execute("UPDATE idempotency_keys SET expires_at = now() - interval '1 hour'")
        other.commit()
        other.execute("SELECT FROM idempotency_keys FOR UPDATE")
        reply, _ = post(VALID)
    assert (reply["statusCode"], header(reply, "Retry-After")) == (409, "1")
    assert post(VALID)[0]["statusCode"] == 202
    assert tickets(conn) == 2


@pytest.mark.undocumented
def test_the_stored_status_is_replayed(conn: Connection) -> None:
    """F-B1"""
    post(VALID, Idempotency_Key="k-1")
    conn.execute("UPDATE idempotency_keys SET status = 201")
    assert post(VALID, Idempotency_Key="k-1")[0]["statusCode"] == 201


def test_how_a_number_is_written_does_not_count(conn: Connection) -> None:
    """F-B1 F-B3: a client may write its document anew for each try."""
    first, _ = post({**VALID, "metadata": {"n": [1, 0]}}, Idempotency_Key="k-1")
    again, _ = post({**VALID, "metadata": {"n": [1.0, -0.0]}}, Idempotency_Key="k-1")
    assert (again["statusCode"], again["body"]) == (202, first["body"])
    for other in ([1.5, 0], [True, 0], [1, False]):
        reply, _ = post({**VALID, "metadata": {"n": other}}, Idempotency_Key="k-1")
        assert reply["statusCode"] == 422


def test_a_fingerprint_of_another_version_is_not_compared(conn: Connection) -> None:
    """F-B3: after an upgrade the first answer is replayed, since nobody can tell the difference."""
    first, _ = post(VALID, Idempotency_Key="k-1")
    conn.execute("UPDATE idempotency_keys SET fingerprint_version = 0, fingerprint = 'x'")
    again, _ = post(VALID, Idempotency_Key="k-1")
    assert (again["statusCode"], again["body"]) == (202, first["body"])
    conn.execute("UPDATE idempotency_keys SET fingerprint_version = %s", [FINGERPRINT_VERSION])
    assert post(VALID, Idempotency_Key="k-1")[0]["statusCode"] == 422


def test_a_key_that_is_taken_over_gets_all_of_the_new_request(conn: Connection) -> None:
    """F-B5"""
    post(VALID, Idempotency_Key="k-1")
    conn.execute(
        "UPDATE idempotency_keys SET expires_at = now() - interval '1 second', status = 201,"
        " fingerprint_version = 0, fingerprint = 'x'"
    )
    reply, answer = post({**VALID, "body": "Something else."}, Idempotency_Key="k-1")
    assert reply["statusCode"] == 202
    row = conn.execute(
        "SELECT ticket_id, status, fingerprint_version FROM idempotency_keys"
    ).fetchone()
    assert str(row.pop("ticket_id")) == answer["ticket_id"]
    assert row == {"status": 202, "fingerprint_version": FINGERPRINT_VERSION}
