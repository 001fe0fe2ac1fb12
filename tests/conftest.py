"""Real parts for all suites: a Postgres of our own, and no way out to the network."""

import json
import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import boto3
import hypothesis
import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.rows import dict_row

from deskhand.store import admission
from deskhand.store.connection import Connection, open_connection
from deskhand.store.limits import set_limits
from deskhand.store.migrate import migrate
from deskhand.store.roles import Login, Roles
from embedded.postgres import Server
from tests.environment import new_environment

# Handlers build their clients when they are imported.
os.environ.update(
    AWS_DEFAULT_REGION="us-east-1", AWS_ACCESS_KEY_ID="testing", AWS_SECRET_ACCESS_KEY="testing"
)
os.environ["ANONYMOUS_ROLE"] = "admin"
# The tests ask faster than any caller may; those of the limit set their own.
os.environ["REQUESTS_PER_MINUTE"] = "0"
# A developer's own chain and keys are not for tests, least of all for those that deploy.
for _name in [
    n for n in os.environ if n.startswith(("LLM_", "OPENAI_", "OLLAMA_", "BEDROCK_", "EMBEDDER"))
]:
    del os.environ[_name]

# Each process of a run has a server of its own, so the name is the same in all of them.
DATABASE = "test_clone"
WRITER, READER = Login("test_writer", "w"), Login("test_reader", "r")
ROLES = Roles(WRITER, READER)

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile(
    "any machine", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("any machine")

_LOOPBACK = ("127.", "::1", "localhost", "0.0.0.0")  # noqa: S104 - compared with, not bound


@pytest.fixture(autouse=True, scope="session")
def _no_way_out() -> Iterator[None]:
    """No test can reach a real provider by accident, nor ask a name server for its address."""
    patch = pytest.MonkeyPatch()
    for name in ("connect", "connect_ex", "sendto"):
        patch.setattr(socket.socket, name, _local_address(getattr(socket.socket, name)))
    for name in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
        patch.setattr(socket, name, _local_name(getattr(socket, name)))
    yield
    patch.undo()


def _local_address(method: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(self: socket.socket, *arguments: Any) -> Any:
        address = arguments[-1]
        if isinstance(address, tuple) and not str(address[0]).startswith(_LOOPBACK):
            raise RuntimeError(f"a test tried to reach {address[0]}")
        return method(self, *arguments)

    return guarded


def _local_name(function: Callable[..., Any]) -> Callable[..., Any]:
    def guarded(host: Any, *arguments: Any, **named: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name and not name.startswith(_LOOPBACK):
            raise RuntimeError(f"a test tried to look up {name}")
        return function(host, *arguments, **named)

    return guarded


@pytest.fixture(autouse=True, scope="session")
def _one_session_of_boto3() -> Iterator[None]:
    """Every emulated account forgets boto3's session, and a new one reads all its JSON again."""
    session = boto3.session.Session()
    # Found now: an emulated account has other credentials, and the session would keep those.
    session.get_credentials()
    patch = pytest.MonkeyPatch()
    patch.setattr(boto3, "_get_default_session", lambda: session)
    yield
    patch.undo()


@pytest.fixture(autouse=True)
def _patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models and callers stay limited on a busy machine; tests of a stuck table say otherwise."""
    monkeypatch.setattr(admission, "PATIENCE_MS", 60_000)


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A throw-away server of this process for the whole test run, in memory where there is room."""
    with Server.temporary(directory=_memory()) as server:
        yield server


def _memory() -> Path | None:
    """A directory that is kept in memory: to make and drop a database there takes half the time."""
    found = Path("/dev/shm")  # noqa: S108 - only a random name below it is used
    if not found.is_dir() or shutil.disk_usage(found).free < 2 * 1024**3:
        return None
    return found


def as_role(dsn: str, role: Login) -> str:
    """The same database for another role."""
    return make_conninfo(dsn, user=role.name, password=role.password)


@pytest.fixture(scope="session")
def template(postgres: Server) -> str:
    """The name of a migrated database that tests clone."""
    with psycopg.connect(postgres.dsn, autocommit=True) as admin:
        admin.execute("CREATE DATABASE migrated")
    with open_connection(postgres.dsn_of("migrated")) as conn:
        migrate(conn, roles=ROLES)
        # Who drops a test's database ends the sessions that are left in it.
        conn.execute(f"GRANT {WRITER.name}, {READER.name} TO CURRENT_USER".encode())
    return "migrated"


@pytest.fixture(scope="session")
def template_with_catalog(postgres: Server, template: str) -> str:
    """The same with the example catalog in force: its phrases are embedded once."""
    from functions.load_catalog.handler import handler

    name = "migrated_with_catalog"
    with psycopg.connect(postgres.dsn, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", postgres.dsn_of(name))
        new_environment()
        handler(json.loads(Path("events/load_catalog.json").read_text()), None)
        new_environment()
    return name


@pytest.fixture
def database(
    request: pytest.FixtureRequest, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """The DSN of a fresh, migrated database that is also this environment's DATABASE_URL."""
    name = DATABASE
    wanted = "template_with_catalog" if "catalog" in request.fixturenames else "template"
    template = request.getfixturevalue(wanted)
    with open_connection(postgres.dsn, wait_seconds=None) as admin:
        # One that could not be dropped must not fail every test after it.
        admin.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)".encode())
        # Block by block through the log, as is usual, takes a quarter more processor time.
        admin.execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy".encode())
        # A clone has the tables and the grants, but not the limits of its roles there.
        for role in ("", WRITER.name, READER.name):
            set_limits(admin, name, role)
        monkeypatch.setenv("DATABASE_URL", postgres.dsn_of(name))
        new_environment()
        yield postgres.dsn_of(name)
        new_environment()
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.fixture
def writer(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Functions work as the writer, so a missing grant fails the test."""
    monkeypatch.setenv("DATABASE_URL", as_role(database, WRITER))
    new_environment()


@pytest.fixture
def catalog(database: str) -> None:
    """The example catalog is in force; `database` looks for this name and brings it along."""


@pytest.fixture
def conn(database: str) -> Iterator[Connection]:
    """A connection to the test's own database, without the functions' time limits."""
    patient = "-c statement_timeout=0 -c lock_timeout=0 -c idle_in_transaction_session_timeout=0"
    with psycopg.Connection.connect(
        database, autocommit=True, row_factory=dict_row, options=patient
    ) as connection:
        yield connection
