"""Every session ends what takes too long, also when its caller is gone; some may take longer."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest

from deskhand.store import metrics
from deskhand.store.connection import Connection, connection, open_connection, patient
from functions.import_articles.handler import handler as import_articles
from functions.load_catalog.handler import handler as load_catalog
from functions.record_failure.handler import handler as record_failure
from functions.validate_ticket.handler import handler as validate_ticket
from tests import arrange
from tests.functions.conftest import event, step_event


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("statement_timeout", "3s"),
        ("lock_timeout", "2s"),
        ("idle_in_transaction_session_timeout", "30s"),
    ],
)
def test_a_session_has_its_time_limits(database: str, name: str, value: str) -> None:
    with open_connection(database) as own:
        assert own.execute(f"SHOW {name}").fetchone() == {name: value}


def shorten(conn: Connection, name: str) -> None:
    """Sessions that begin from now on have 50 ms."""
    conn.execute(f"ALTER ROLE CURRENT_USER IN DATABASE test_clone SET {name} = 50".encode())


@contextmanager
def held(conn: Connection, table: str) -> Iterator[None]:
    """Nobody else can write to the table."""
    with conn.transaction(force_rollback=True):
        conn.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
        yield


@contextmanager
def held_for_a_while(conn: Connection, table: str) -> Iterator[None]:
    """The same for 300 ms."""
    conn.execute("BEGIN")
    conn.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE".encode())
    release = threading.Timer(0.3, conn.execute, ["ROLLBACK"])
    release.start()
    yield
    release.join()


def test_patience_is_the_servers_and_ours(database: str, conn: Connection) -> None:
    shorten(conn, "statement_timeout")
    with open_connection(database, wait_seconds=1) as own:
        with patient(own, 60):
            own.execute("SELECT pg_sleep(1.1)")
        with pytest.raises(psycopg.errors.QueryCanceled):
            own.execute("SELECT pg_sleep(60)")
        own.execute("SET statement_timeout = 0")
        with pytest.raises(psycopg.OperationalError):
            own.execute("SELECT pg_sleep(60)")


def test_impatience_comes_back_after_an_error(database: str) -> None:
    with open_connection(database, wait_seconds=1) as own:
        with pytest.raises(psycopg.errors.DivisionByZero), patient(own, 60):
            own.execute("SELECT 1 / 0")
        with pytest.raises(psycopg.OperationalError):
            own.execute("SELECT pg_sleep(60)")


@pytest.mark.parametrize(
    ("table", "work"),
    [
        ("metric_watermark", lambda own: metrics.fold(own)),
        ("catalogs", lambda _: load_catalog(event("load_catalog"), None)),
        ("articles", lambda _: import_articles(event("import_articles"), None)),
    ],
)
def test_what_operators_ask_for_waits_longer_than_a_request(
    database: str, conn: Connection, table: str, work: Callable[[Connection], object]
) -> None:
    shorten(conn, "lock_timeout")
    with open_connection(database) as own:
        with held(conn, table), pytest.raises(psycopg.errors.LockNotAvailable):
            own.execute(f"TABLE {table}".encode())
        with held_for_a_while(conn, table):
            work(own)


def sessions(conn: Connection) -> int:
    row = conn.execute(
        "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    ).fetchone()
    return int(row["n"])


def test_a_connection_is_kept_unless_it_is_not_to_be(database: str, conn: Connection) -> None:
    """F-C8"""
    with connection() as first, connection() as second:
        assert first is second
    with connection() as third:
        assert third is first
    with connection(keep=False) as last:
        assert last is first
    assert last.closed


def test_between_its_calls_a_step_holds_no_connection(conn: Connection) -> None:
    """F-C8: else MAX_OPEN_RUNS would not bound the connections of all steps."""
    run = arrange.accepted(conn)
    validate_ticket(step_event("validate_ticket", run), None)
    assert eventually_none(conn)
    record_failure(step_event("record_failure", run), None)
    assert eventually_none(conn)


def eventually_none(conn: Connection) -> bool:
    """The server notices a goodbye a moment later."""
    for _ in range(50):
        if sessions(conn) == 0:
            return True
        conn.execute("SELECT pg_sleep(0.02)")
    return False
