"""The product behind a pooler that gives each transaction another session."""

import importlib
import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import psycopg
import pytest

from deskhand.settings import environment
from deskhand.store import intake, limits, metrics
from deskhand.store.connection import Connection, open_connection, patient
from deskhand.store.migrate import migrate
from deskhand.store.schema import available
from embedded.postgres import Server
from tests import arrange, journeys
from tests.environment import new_environment
from tests.functions.conftest import aws, event, step_event
from tests.pooler import POOL_SIZE, PROGRAM, pgbouncer, through

__all__ = ["aws"]  # a fixture of the functions' suite

pytestmark = pytest.mark.skipif(
    PROGRAM is None, reason="pgbouncer is not installed (Debian: apt-get install pgbouncer)"
)

CLIENTS = 24


@pytest.fixture(scope="module")
def port(postgres: Server) -> Iterator[int]:
    with pgbouncer(postgres.dsn) as listening:
        yield listening


@pytest.fixture
def pooled(database: str, port: int, monkeypatch: pytest.MonkeyPatch) -> str:
    """The test's database by way of the pooler, which is also this environment's DATABASE_URL."""
    dsn = through(port, database)
    monkeypatch.setenv("DATABASE_URL", dsn)
    new_environment()
    return dsn


def call(name: str, sent: dict[str, Any]) -> Any:
    return importlib.import_module(f"functions.{name}.handler").handler(sent, None)


def sessions(conn: Connection) -> int:
    """How many sessions the pooler holds in the test's database."""
    row = conn.execute(
        "SELECT count(*) AS n FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid()"
    ).fetchone()
    return int(row["n"])


def test_it_refuses_what_poolers_refuse(pooled: str) -> None:
    """Otherwise it would prove nothing that we connect."""
    with pytest.raises(psycopg.OperationalError, match="unsupported startup parameter"):
        psycopg.connect(pooled, options="-c statement_timeout=3s").close()


def test_limits_hold_in_every_session(pooled: str) -> None:
    for _ in range(2 * POOL_SIZE):
        with open_connection(pooled) as own:
            for name, milliseconds in limits.LIMITS.items():
                row = own.execute(
                    "SELECT setting FROM pg_settings WHERE name = %(name)s", {"name": name}
                ).fetchone()
                assert row == {"setting": str(milliseconds)}


def test_patience_ends_with_its_transaction(pooled: str) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(open_connection(pooled)) for _ in range(2 * POOL_SIZE)]
        for impatient in clients:
            with patient(clients[0], 60):
                row = clients[0].execute("SHOW statement_timeout").fetchone()
                assert row == {"statement_timeout": "1min"}
            row = impatient.execute("SHOW statement_timeout").fetchone()
            assert row == {"statement_timeout": "3s"}


def test_many_clients_share_two_sessions(pooled: str, conn: Connection) -> None:
    """F-C8"""
    barrier = threading.Barrier(CLIENTS)

    def work(number: int) -> list[bool]:
        with open_connection(pooled) as own:
            barrier.wait()
            # Each key is posted by two clients.
            posts = [arrange.request(key=f"k-{number // 2}-{n}") for n in range(5)]
            taken = [intake.accept(own, each) is not None for each in posts]
            metrics.fold(own)
            assert sessions(conn) <= POOL_SIZE
            return taken

    with ThreadPoolExecutor(CLIENTS) as pool:
        taken = [each for all_of_one in pool.map(work, range(CLIENTS)) for each in all_of_one]
    assert taken.count(True) == CLIENTS // 2 * 5
    assert arrange.count(conn, "tickets") == CLIENTS // 2 * 5
    assert call("verify", {})["broken"] == []


def test_a_whole_journey(pooled: str, conn: Connection, aws: None) -> None:
    """F-C2: by the real handlers, while other clients use both sessions in turn."""
    done = threading.Event()

    def disturb() -> None:
        with open_connection(pooled) as own:
            while not done.is_set():
                with patient(own, 60):
                    own.execute("SELECT 1")

    with ThreadPoolExecutor(4) as pool:
        others = [pool.submit(disturb) for _ in range(4)]
        try:
            journey(conn)
        finally:
            done.set()
        assert [other.result() for other in others] == [None] * 4
    assert sessions(conn) <= POOL_SIZE


def journey(conn: Connection) -> None:
    assert call("migrate", {})["applied"] == []
    for name in ("load_catalog", "import_articles", "ingest"):
        call(name, event(name))
    run = conn.execute("SELECT ticket_id, id FROM runs").fetchone()
    for name in journeys.PATH:
        call(name, step_event(name, (run["ticket_id"], run["id"])))
    for name in ("relay", "reconcile", "publish_metrics"):
        call(name, event(name))
    path = f"/tickets/{run['ticket_id']}"
    read = event("tickets", path=path, resource="/tickets/{ticket_id}",
                 queryStringParameters=None,
                 multiValueQueryStringParameters=None,
                 pathParameters={"ticket_id": str(run["ticket_id"])})  # fmt: skip
    reply = call("tickets", read)
    assert reply["statusCode"] == 200
    assert json.loads(reply["body"])["workflow_status"] == "COMPLETED"
    assert call("verify", {"at_rest": True})["broken"] == []


def test_a_key_in_flight_is_waited_for_two_seconds(
    pooled: str, database: str, conn: Connection, aws: None
) -> None:
    """F-B4"""
    headers = {"Content-Type": ["application/json"], "Idempotency-Key": ["k"]}
    sent = event("ingest", multiValueHeaders=headers)
    assert call("ingest", {**sent, "multiValueHeaders": {**headers, "Idempotency-Key": ["o"]}})
    conn.execute("BEGIN")
    conn.execute(
        "INSERT INTO idempotency_keys (caller, route, key, fingerprint, answer, expires_at)"
        " SELECT caller, route, 'k', '', '', now() FROM idempotency_keys"
    )
    reply = call("ingest", sent)
    conn.execute("ROLLBACK")
    assert reply["statusCode"] == 409
    with open_connection(pooled) as own:
        assert own.execute("SHOW lock_timeout").fetchone() == {"lock_timeout": "2s"}
    assert call("ingest", sent)["statusCode"] == 202


def test_two_deployments_take_turns(postgres: Server, port: int) -> None:
    """F-N5"""
    with psycopg.connect(postgres.dsn, autocommit=True) as admin:
        admin.execute("CREATE DATABASE pooled")

    def deploy(_: int) -> list[str]:
        with open_connection(through(port, postgres.dsn_of("pooled")), wait_seconds=None) as own:
            return migrate(own)

    with ThreadPoolExecutor(4) as pool:
        applied = [name for names in pool.map(deploy, range(4)) for name in names]
    assert sorted(applied) == available()


def test_a_pooler_that_went_away_is_a_503_and_then_forgotten(
    postgres: Server, database: str, aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pgbouncer(postgres.dsn) as gone:
        monkeypatch.setenv("DATABASE_URL", through(gone, database))
        new_environment()
        assert call("ingest", event("ingest"))["statusCode"] == 202
    assert call("ingest", event("ingest"))["statusCode"] == 503
    monkeypatch.setenv("DATABASE_URL", database)
    environment.settings.cache_clear()
    assert call("ingest", event("ingest"))["statusCode"] == 202
