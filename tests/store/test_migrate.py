"""Migrations are applied once, in order, also by two deployments at the same time."""

import threading
from concurrent.futures import ThreadPoolExecutor

import psycopg

from deskhand.store.connection import Connection, open_connection
from deskhand.store.migrate import migrate
from deskhand.store.schema import available
from embedded.postgres import Server


def test_a_second_time_applies_nothing(conn: Connection) -> None:
    assert migrate(conn) == []
    assert [
        r["name"] for r in conn.execute("SELECT name FROM migrations ORDER BY 1")
    ] == available()


def test_two_deployments_at_once_apply_each_migration_once(postgres: Server) -> None:
    with psycopg.connect(postgres.dsn, autocommit=True) as admin:
        admin.execute("CREATE DATABASE twice")

    def deploy(_: int) -> list[str]:
        with open_connection(postgres.dsn_of("twice")) as conn:
            return migrate(conn)

    with ThreadPoolExecutor(4) as pool:
        applied = [name for names in pool.map(deploy, range(4)) for name in names]
    assert sorted(applied) == available()


def test_a_deployment_waits_longer_than_a_request_may(database: str, conn: Connection) -> None:
    with open_connection(database) as other:
        other.execute("BEGIN")
        other.execute("SELECT pg_advisory_xact_lock(%s)", [0x6465736B])
        conn.execute("SET statement_timeout = '100ms'; SET lock_timeout = '100ms'")
        release = threading.Timer(0.5, other.execute, ["ROLLBACK"])
        release.start()
        assert migrate(conn) == []
        release.join()
