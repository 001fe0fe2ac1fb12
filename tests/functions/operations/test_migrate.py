"""The migrate function, as the deploy target invokes it."""

import psycopg
import pytest

from deskhand.operations.budget import ConnectionsDoNotFit
from deskhand.settings import environment
from deskhand.store import capacity
from deskhand.store.connection import Connection, open_connection
from deskhand.store.schema import available
from embedded.postgres import Server
from functions.migrate.handler import handler
from tests.environment import new_environment
from tests.functions.conftest import event


def test_nothing_is_left_to_apply(conn: Connection) -> None:
    """F-N5"""
    stored = conn.execute("SELECT count(*) AS n FROM migrations").fetchone()
    answer = handler(event("migrate"), None)
    assert (answer["applied"], answer["version"]) == ([], stored["n"])
    assert "= 98 connections; the server grants 197" in answer["connections"]
    assert (answer["reserved_connections"], answer["available_connections"]) == (98, 197)


def test_parameters_that_do_not_fit_are_named_after_migrating(
    postgres: Server, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    """F-C8"""
    with psycopg.connect(postgres.dsn, autocommit=True) as admin:
        admin.execute("CREATE DATABASE crowded")
    monkeypatch.setenv("DATABASE_URL", postgres.dsn_of("crowded"))
    monkeypatch.setenv("MAX_OPEN_RUNS", "500")
    environment.settings.cache_clear()
    with pytest.raises(ConnectionsDoNotFit, match=r"MaxOpenRuns 500 .* the server grants 197"):
        handler(event("migrate"), None)
    with open_connection(postgres.dsn_of("crowded")) as own:
        assert own.execute("SELECT count(*) > 1 AS ok FROM migrations").fetchone() == {"ok": True}


def test_one_migration_at_a_time_shows_the_progress(
    postgres: Server, monkeypatch: pytest.MonkeyPatch, database: str
) -> None:
    """F-N5: and each call lasts as long as one migration."""
    with psycopg.connect(postgres.dsn, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS stepwise")
        admin.execute("CREATE DATABASE stepwise")
    monkeypatch.setenv("DATABASE_URL", postgres.dsn_of("stepwise"))
    new_environment()
    seen: list[str] = []
    while (answer := handler({"at_most": 1}, None))["remaining"]:
        seen += answer["applied"]
        assert len(answer["applied"]) == 1 and "connections" not in answer
        assert seen + answer["remaining"] == available()
    assert seen + answer["applied"] == available()
    assert answer["reserved_connections"] == 98


def test_the_limit_of_a_database_counts(conn: Connection) -> None:
    assert capacity.granted_connections(conn) == 197
    conn.execute("ALTER DATABASE test_clone CONNECTION LIMIT 30")
    assert capacity.granted_connections(conn) == 30


def test_limits_that_somebody_took_away_are_set_again(database: str, conn: Connection) -> None:
    conn.execute("ALTER ROLE CURRENT_USER IN DATABASE test_clone RESET ALL")
    with open_connection(database) as own:
        assert own.execute("SHOW statement_timeout").fetchone() == {"statement_timeout": "0"}
    handler(event("migrate"), None)
    with open_connection(database) as own:
        assert own.execute("SHOW statement_timeout").fetchone() == {"statement_timeout": "3s"}
