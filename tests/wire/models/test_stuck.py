"""The database is slow, broken or gone: the model is asked all the same, or the step waits."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO

import psycopg
import pytest

from deskhand.logs import log
from deskhand.store import admission
from deskhand.store.connection import Connection, open_connection
from tests.wire.models.conftest import BLUE, Chain
from tests.wire.models.model_server import Handler


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "PATIENCE_MS", 200)


@contextmanager
def held(database: str, statement: str) -> Iterator[Connection]:
    """Somebody else's transaction, which has done that and does not end."""
    with open_connection(database, wait_seconds=None) as other:
        other.execute("BEGIN")
        other.execute(statement.encode())
        yield other
        other.execute("ROLLBACK")


@pytest.fixture
def own(database: str) -> Iterator[Connection]:
    """The step's connection."""
    with open_connection(database) as connection:
        yield connection


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT FROM model_gates FOR UPDATE",
        "LOCK TABLE model_gates",
        "LOCK TABLE model_cache",
        "LOCK TABLE model_calls",
    ],
)
def test_a_locked_table_lets_the_call_pass(
    chain: Chain, database: str, own: Connection, statement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-E5 F-E6 F-E7"""
    logged = StringIO()
    monkeypatch.setattr(log.registered_handler, "stream", logged)
    chain.ask("before", conn=own)
    with held(database, statement):
        assert chain.ask(conn=own).value.colour == "blue"
    assert '"error":"QueryCanceled"' in logged.getvalue()
    assert chain.ask("after", conn=own).value.colour == "blue"
    assert chain.asked == (3, 0)


@pytest.mark.parametrize("table", ["model_gates", "model_calls", "model_cache", "model_days"])
def test_a_missing_table_lets_the_call_pass(chain: Chain, own: Connection, table: str) -> None:
    """Code that is newer than the schema, for example."""
    chain.given["llm_daily_budget"] = 1
    chain.conn.execute(f"DROP TABLE {table} CASCADE".encode())
    assert chain.ask(conn=own).value.colour == "blue"
    own.execute("SELECT 1")


def test_an_unreserved_call_settles_all_that_it_used(
    chain: Chain, database: str, own: Connection
) -> None:
    """F-E6: the gate was stuck before the call and is free after it."""
    chain.given |= {"llm_prices": "m=1000/1000", "llm_daily_budget": 100}
    chain.ask("before", conn=own)
    with held(database, "SELECT FROM model_gates FOR UPDATE") as other:

        def freed(handler: Handler) -> None:
            other.execute("ROLLBACK")
            BLUE(handler)

        chain.act(freed)
        chain.ask(conn=own)
    [day] = chain.rows("model_days")
    assert float(day["cost_usd"]) == pytest.approx(2 * 0.018)
    assert [row["outcome"] for row in chain.rows("model_calls")] == ["ok", "ok"]


def test_a_lost_connection_is_the_steps_to_wait_out(chain: Chain, own: Connection) -> None:
    """F-C5: no call is paid for whose outcome nothing could store."""
    chain.conn.execute("SELECT pg_terminate_backend(%(pid)s)", {"pid": own.info.backend_pid})
    with pytest.raises(psycopg.OperationalError):
        chain.ask(conn=own)
    assert chain.asked == (0, 0)


def test_a_silent_server_is_not_waited_for(chain: Chain, database: str) -> None:
    """F-C5"""
    here, there = socket.socketpair()
    with open_connection(database, wait_seconds=2) as own, here, there:
        # From here on nobody answers; the connection does not know yet.
        os.dup2(here.fileno(), own.fileno())
        with pytest.raises(psycopg.OperationalError):
            chain.ask(conn=own)
    assert chain.asked == (0, 0)
