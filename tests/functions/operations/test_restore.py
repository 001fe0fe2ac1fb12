"""A backup is worth what its restore is: a drill, with `verify` as the judge."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from deskhand.store import metrics
from deskhand.store.connection import Connection, open_connection
from embedded.account import Account
from embedded.postgres import Server, installation
from functions.migrate.handler import handler as migrate
from tests import arrange, journeys
from tests.arrange import count
from tests.environment import new_environment
from tests.functions.operations.invariants import broken

TABLES = ("tickets", "runs", "events", "outbox", "step_outcomes", "audit", "idempotency_keys")


@pytest.fixture
def other() -> Iterator[Server]:
    """A server that has never seen a ticket, with far fewer transactions behind it."""
    with Server.temporary() as server:
        yield server


def run(program: str, *arguments: str | Path) -> None:
    path = installation(Account.without_rights()) / program
    subprocess.run([path, *arguments], check=True, capture_output=True)


def counted(conn: Connection) -> dict[str, float]:
    rows = conn.execute("SELECT sample, sum(value) AS n FROM metric_totals GROUP BY 1")
    return {row["sample"]: row["n"] for row in rows}


def test_a_dump_is_restored_into_another_server_and_work_goes_on(
    database: str,
    conn: Connection,
    other: Server,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """F-N11: nothing is lost, everything is counted once, and open runs end."""
    # The first server has worked for long: its transactions are far ahead of a new one's.
    for _ in range(6_000):
        conn.execute("SELECT pg_current_xact_id()")
    finished, failed, under_way, late = (arrange.accepted(conn)[1] for _ in range(4))
    journeys.finish(conn, finished)
    journeys.fail(conn, failed)
    metrics.fold(conn)
    journeys.step(conn, under_way, 1, "validate_ticket")
    journeys.step(conn, late, 1, "validate_ticket")
    before = {table: count(conn, table) for table in TABLES}

    dump = tmp_path / "desk.dump"
    run("pg_dump", "--format=custom", "--file", dump, database)
    restored = other.dsn_of("restored")
    with open_connection(other.dsn) as admin:
        admin.execute("CREATE DATABASE restored")
    # The extension is made by the server's owner, as on RDS by its master user.
    owner = make_conninfo(restored, user="postgres")
    with open_connection(owner) as master:
        master.execute("CREATE EXTENSION IF NOT EXISTS vector")
    run(
        "pg_restore",
        "--no-owner",
        "--role=deskhand",
        "--no-comments",
        "--no-acl",
        "--dbname",
        owner,
        dump,
    )

    monkeypatch.setenv("DATABASE_URL", restored)
    new_environment()
    assert migrate({}, None)["restored"] is True
    assert migrate({}, None)["restored"] is False
    with open_connection(restored, wait_seconds=None) as there:
        assert {table: count(there, table) for table in TABLES} == before
        assert broken() == {}
        for unfinished in (under_way, late):
            journeys.finish(there, unfinished)
        journeys.finish(there, arrange.accepted(there)[1])
        metrics.fold(there)
        totals = counted(there)
        assert (totals["tickets_created_total"], totals["tickets_processed_total"]) == (5, 5)
        assert broken() == {}
    new_environment()


def test_a_database_of_its_own_server_keeps_its_numbers(conn: Connection) -> None:
    run_id = arrange.accepted(conn)[1]
    journeys.finish(conn, run_id)
    before = conn.execute(
        "SELECT array_agg(transaction_id::text ORDER BY id) FROM events"
    ).fetchone()
    assert migrate({}, None)["restored"] is False
    query = "SELECT array_agg(transaction_id::text ORDER BY id) FROM events"
    assert conn.execute(query).fetchone() == before
