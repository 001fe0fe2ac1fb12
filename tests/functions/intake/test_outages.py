"""The database goes away and comes back; what a caller sees of it."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import pytest
from psycopg.conninfo import make_conninfo

from deskhand.store import connection
from deskhand.store.connection import open_connection
from deskhand.store.migrate import migrate
from embedded.postgres import Server
from functions.ingest.handler import handler
from tests.functions.conftest import event
from tests.functions.intake.posting import VALID, detour, move


@pytest.fixture(scope="module")
def own_server() -> Iterator[Server]:
    """A migrated server that a test may restart."""
    with Server.temporary() as server:
        with open_connection(server.dsn, wait_seconds=None) as conn:
            migrate(conn)
        yield server


def post(number: object) -> int:
    headers = {"Content-Type": ["application/json"], "Idempotency-Key": [f"request-{number}"]}
    sent = event("ingest", body=json.dumps(VALID), multiValueHeaders=headers)
    reply: dict[str, Any] = handler(sent, None)
    return int(reply["statusCode"])


@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_a_server_restarted_between_requests_is_not_noticed(
    own_server: Server, aws: None, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    """F-C2: dead warm connections, 100 requests, no error."""
    move(monkeypatch, own_server.dsn)
    statuses = []
    for number in range(100):
        if number % 20 == 10:
            own_server.stop(mode)
            own_server.start()
        statuses.append(post(f"{mode}-{number}"))
    assert statuses == [202] * 100


def test_sessions_ended_by_an_operator_are_not_noticed(
    own_server: Server, aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    move(monkeypatch, own_server.dsn)
    with open_connection(own_server.dsn) as operator:
        for number in range(100):
            if number % 5 == 3:
                operator.execute(
                    "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            assert post(f"ended-{number}") == 202


def test_a_warm_connection_that_falls_silent_is_a_503(
    database: str, aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with detour(database) as (url, silent):
        move(monkeypatch, url)
        assert post(1) == 202
        silent.set()
        assert post("silent") == 503
    move(monkeypatch, database)
    assert post(2) == 202


def test_a_server_that_takes_connections_and_says_nothing_is_a_503(
    database: str, aws: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        move(monkeypatch, make_conninfo(database, host="127.0.0.1", port=port))
        assert post("silent") == 503


def test_a_caller_knows_within_seconds() -> None:
    """What is waited for at most, before the 503."""
    assert max(connection.CONNECT_SECONDS, connection.WAIT_SECONDS) < 5
