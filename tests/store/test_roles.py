"""Three roles: the owner migrates, the writer works, the reader reads; nobody else changes a table.

The tests of erasure take a ticket all the way as the writer.
"""

from collections.abc import Iterator

import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from deskhand.settings import environment
from deskhand.store import embedding_models
from deskhand.store.connection import Connection, login_of, open_connection
from deskhand.store.limits import LIMITS
from deskhand.store.migrate import migrate
from deskhand.store.roles import Login, RoleMissing, Roles
from deskhand.store.schema import available
from embedded.postgres import ROLES, Server
from functions.migrate.handler import handler as migrate_function
from functions.verify.handler import handler as verify
from tests.conftest import READER, WRITER, as_role
from tests.environment import new_environment

CHANGES = (
    "CREATE TABLE mine (id int)",
    "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "ALTER TABLE tickets ADD COLUMN mine int",
    "DROP TABLE tickets CASCADE",
    "TRUNCATE audit",
    "CREATE INDEX mine ON tickets (id)",
    "DROP TRIGGER run_moved ON runs",
    "DELETE FROM migrations",
    "INSERT INTO migrations (name) VALUES ('9999_mine.sql')",
    "ALTER ROLE CURRENT_USER CREATEROLE",
)


@pytest.fixture(params=[WRITER, READER], ids=["writer", "reader"])
def other(request: pytest.FixtureRequest, database: str) -> Iterator[Connection]:
    """A connection as another role than the owner."""
    with open_connection(as_role(database, request.param)) as conn:
        yield conn


@pytest.fixture
def empty(postgres: Server) -> Iterator[Connection]:
    """The owner's connection to a database without any table."""
    with psycopg.connect(postgres.dsn, autocommit=True) as admin:
        admin.execute("CREATE DATABASE roles")
        try:
            with open_connection(postgres.dsn_of("roles"), wait_seconds=None) as conn:
                yield conn
        finally:
            admin.execute("DROP DATABASE roles WITH (FORCE)")


def drop(owner: Connection, role: str) -> None:
    """The role is gone, and what it was granted."""
    for statement in ("GRANT {} TO CURRENT_USER", "DROP OWNED BY {}", "DROP ROLE {}"):
        owner.execute(SQL(statement).format(Identifier(role)))


def rights(conn: Connection, role: Login) -> dict[str, set[str]]:
    """What the role may do with each table and view."""
    rows = conn.execute(
        """
        SELECT c.relname AS name, array_agg(each) FILTER (
                   WHERE has_table_privilege(%s, c.oid, each)) AS may
        FROM pg_class c, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,TRIGGER}'::text[]) AS each
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'v', 'p')
        GROUP BY 1
        """,
        [role.name],
    )
    return {row["name"]: set(row["may"] or ()) for row in rows}


def test_the_writer_writes_every_table_but_the_list_of_migrations(conn: Connection) -> None:
    """F-K7"""
    found = rights(conn, WRITER)
    assert len(found) > 40 and found.pop("migrations") == {"SELECT"}
    for name, may in found.items():
        assert may == {"SELECT", "INSERT", "UPDATE", "DELETE"}, name


def test_the_reader_reads_every_table_and_changes_none(conn: Connection) -> None:
    """F-K7"""
    found = rights(conn, READER)
    assert len(found) > 40
    assert all(may == {"SELECT"} for may in found.values()), found


@pytest.mark.parametrize("change", CHANGES)
def test_nobody_but_the_owner_changes_the_schema(other: Connection, change: str) -> None:
    """F-K7"""
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        other.execute(change.encode())


def test_the_reader_makes_no_ticket_and_no_index(database: str) -> None:
    """F-K7"""
    with open_connection(as_role(database, READER)) as conn:
        for change in ("DELETE FROM runs", "SELECT add_embedding_model('m', 3)"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                conn.execute(change.encode())


def test_the_writer_adds_and_drops_a_model_with_its_indexes(database: str) -> None:
    """F-K7: by functions that run as the owner, and find no table of anybody else."""
    with open_connection(as_role(database, WRITER)) as conn:
        conn.execute("CREATE TEMPORARY TABLE embedding_models (model text)")
        conn.execute("SELECT add_embedding_model('m', 3)")
        known = conn.execute("SELECT FROM public.embedding_models WHERE model = 'm'")
        assert known.rowcount == 1
        conn.execute("SELECT drop_embedding_model('m')")
    assert embedding_models.__doc__


def test_the_limits_hold_for_every_role(other: Connection) -> None:
    """F-K7"""
    for name, milliseconds in LIMITS.items():
        row = other.execute(
            "SELECT setting FROM pg_settings WHERE name = %(name)s", {"name": name}
        ).fetchone()
        assert int(row["setting"]) == milliseconds


def test_a_later_table_needs_no_further_grant(conn: Connection, database: str) -> None:
    """F-K7: functions at work meet no table that they may not use."""
    conn.execute("CREATE TABLE later (id bigint GENERATED ALWAYS AS IDENTITY, said text)")
    conn.execute("CREATE SEQUENCE later_numbers")
    with open_connection(as_role(database, WRITER)) as writer:
        writer.execute("INSERT INTO later (said) VALUES (nextval('later_numbers')::text)")
    with open_connection(as_role(database, READER)) as reader:
        assert reader.execute("SELECT FROM later").rowcount == 1


def test_roles_are_made_once_and_keep_a_changed_password(
    empty: Connection, postgres: Server
) -> None:
    """F-K7: a rotation changes the password in the database and in the secret, not a migration."""
    login = Login("made_by_migration", "first")
    try:
        migrate(empty, roles=Roles(writer=login))
        empty.execute(SQL("ALTER ROLE {} PASSWORD 'second'").format(Identifier(login.name)))
        assert migrate(empty, roles=Roles(writer=login)) == []
        url = postgres.dsn_of("roles")
        with pytest.raises(psycopg.OperationalError):
            open_connection(as_role(url, login))
        with open_connection(as_role(url, Login(login.name, "second"))) as conn:
            assert conn.execute("SELECT FROM tickets").rowcount == 0
    finally:
        drop(empty, login.name)


def test_a_team_with_one_user_gives_no_other(empty: Connection) -> None:
    """F-K7: everything as before; to name the owner as writer is the same."""
    assert migrate(empty) == available()
    row = empty.execute("SELECT current_user AS me").fetchone()
    assert migrate(empty, roles=Roles(writer=Login(row["me"], ""))) == []


def test_a_role_that_cannot_be_made_is_named(empty: Connection, postgres: Server) -> None:
    """F-K7: and nothing is half done."""
    with psycopg.connect(postgres.dsn, autocommit=True) as admin:
        admin.execute("CREATE ROLE modest LOGIN PASSWORD 'm'")
        admin.execute("GRANT CREATE ON DATABASE roles TO modest")
        try:
            url = make_conninfo(postgres.dsn_of("roles"), user="modest", password="m")
            empty.execute("GRANT CREATE ON SCHEMA public TO modest")
            with open_connection(url) as conn, pytest.raises(RoleMissing, match="absent"):
                migrate(conn, roles=Roles(reader=Login("absent", "x")))
            assert empty.execute("SELECT to_regclass('tickets') AS t").fetchone()["t"] is None
        finally:
            drop(empty, "modest")


def test_migrations_make_the_roles_that_the_settings_name(
    database: str, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-K7"""
    monkeypatch.setenv("DATABASE_URL", database)
    monkeypatch.setenv("WRITER_URL", as_role(database, WRITER))
    monkeypatch.setenv("READER_URL", as_role(database, READER))
    conn.execute(f"REVOKE ALL ON tickets FROM {WRITER.name}, {READER.name}".encode())
    new_environment()
    migrate_function({}, None)
    assert rights(conn, WRITER)["tickets"] == {"SELECT", "INSERT", "UPDATE", "DELETE"}
    assert rights(conn, READER)["tickets"] == {"SELECT"}


def test_the_roles_of_a_new_server_work(
    empty: Connection, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-K7: and one of before there were roles goes on as the owner."""
    monkeypatch.setenv("DATABASE_URL", postgres.dsn)
    for role in ROLES:
        monkeypatch.setenv(f"{role.upper()}_URL", postgres.dsn_as(role))
    new_environment()
    assert migrate_function({}, None)["remaining"] == []
    with open_connection(postgres.dsn_as("writer")) as conn:
        row = conn.execute("SELECT current_user AS me, count(*) AS n FROM tickets").fetchone()
    assert row == {"me": "deskhand_writer", "n": 0}
    new_environment()
    assert Server(postgres.base / "elsewhere", 1).dsn_as("writer") == ""


def test_what_only_reads_works_as_the_reader(
    database: str, catalog: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-K7: `verify`, the only function that writes nothing: those behind the API count callers."""
    monkeypatch.setenv("DATABASE_URL", as_role(database, READER))
    environment.settings.cache_clear()
    new_environment()
    assert verify({"at_rest": True}, None)["broken"] == []


@pytest.mark.parametrize("url", ["", "postgresql:///desk"])
def test_without_a_user_there_is_no_other_role(url: str) -> None:
    assert login_of(url, "") is None
