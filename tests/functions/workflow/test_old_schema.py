"""New functions on a schema that is not migrated yet answer as if the database were away."""

from importlib.resources import files
from itertools import takewhile
from typing import Any

import psycopg
import pytest

from deskhand.errors import DatabaseUnavailable, StepFailed
from deskhand.store.connection import Connection, open_connection
from deskhand.store.schema import available
from embedded.postgres import Server
from functions.ingest.handler import handler as ingest
from functions.migrate.handler import handler as migrate
from functions.relay.handler import handler as relay
from functions.tickets.handler import handler as tickets
from functions.validate_ticket.handler import handler as validate_ticket
from tests import arrange
from tests.environment import new_environment
from tests.functions.conftest import event, step_event


@pytest.fixture
def released_at(
    request: pytest.FixtureRequest,
    aws: None,
    postgres: Server,
    monkeypatch: pytest.MonkeyPatch,
) -> str:
    """The environment's database is as it was after that migration; "": empty."""
    last = str(request.param)
    with psycopg.connect(postgres.dsn, autocommit=True) as admin:
        admin.execute("DROP DATABASE IF EXISTS older WITH (FORCE)")
        admin.execute("CREATE DATABASE older")
    with open_connection(postgres.dsn_of("older")) as own:
        if last:
            own.execute("CREATE TABLE migrations (name text PRIMARY KEY)")
        for name in takewhile(lambda name: name <= last, available()):
            own.execute(files("deskhand.store.migrations").joinpath(name).read_bytes())
            own.execute("INSERT INTO migrations (name) VALUES (%(name)s)", {"name": name})
    monkeypatch.setenv("DATABASE_URL", postgres.dsn_of("older"))
    new_environment()
    return last


@pytest.mark.parametrize("released_at", ["", "0001_triage.sql", "0008_drafts.sql"], indirect=True)
def test_a_request_is_refused_until_the_schema_has_come(released_at: str) -> None:
    """F-N5: 503, which says that it may be repeated, and then it is accepted."""
    answer = ingest(event("ingest"), None)
    assert answer["statusCode"] == 503, answer
    assert "Retry-After" in _headers(answer)
    # What needs nothing new may already work.
    assert tickets(event("tickets"), None)["statusCode"] in (200, 503)
    with pytest.raises(DatabaseUnavailable, match="run MigrateFunction"):
        relay({}, None)
    migrate({}, None)
    assert ingest(event("ingest"), None)["statusCode"] == 202
    assert tickets(event("tickets"), None)["statusCode"] == 200


def test_a_step_comes_again_and_its_run_does_not_fail(
    catalog: None, conn: Connection, database: str
) -> None:
    """F-N5: the state machine retries DatabaseUnavailable for minutes, and StepFailed never."""
    run = arrange.accepted(conn)
    [newest] = available()[-1:]
    conn.execute("DELETE FROM migrations WHERE name = %(name)s", {"name": newest})
    conn.execute("ALTER TABLE tickets RENAME COLUMN subject TO not_yet")
    with pytest.raises(DatabaseUnavailable, match=newest):
        validate_ticket(step_event("validate_ticket", run), None)
    conn.execute("ALTER TABLE tickets RENAME COLUMN not_yet TO subject")
    assert conn.execute("SELECT status FROM runs").fetchone() == {"status": "PENDING"}
    assert validate_ticket(step_event("validate_ticket", run), None)


def test_with_a_whole_schema_an_error_of_ours_stays_one(catalog: None, conn: Connection) -> None:
    run = arrange.accepted(conn)
    conn.execute("ALTER TABLE tickets RENAME COLUMN subject TO broken")
    with pytest.raises(StepFailed):
        validate_ticket(step_event("validate_ticket", run), None)


def _headers(answer: dict[str, Any]) -> dict[str, Any]:
    several = {name: values[0] for name, values in answer.get("multiValueHeaders", {}).items()}
    return {**several, **answer.get("headers", {})}
