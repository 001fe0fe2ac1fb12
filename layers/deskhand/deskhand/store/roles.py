"""The database roles beside the owner: as the writer the functions work, the reader reads only.

Both may be left out: then the owner does everything. The owner makes a role that does not exist,
with the password of its secret; who changes that password later is not its business.
"""

from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from deskhand.store.connection import Connection
from deskhand.store.limits import set_limits


class RoleMissing(Exception):
    """A role does not exist, and the owner may not make it."""


@dataclass(frozen=True)
class Login:
    """A role that can log in."""

    name: str
    password: str


@dataclass(frozen=True)
class Roles:
    """Those that are wanted beside the owner."""

    writer: Login | None = None
    reader: Login | None = None


_READS: tuple[LiteralString, ...] = (
    "GRANT CONNECT ON DATABASE {database} TO {role}",
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT SELECT ON TABLES TO {role}",
)
_WRITES: tuple[LiteralString, ...] = (
    *_READS,
    "GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT INSERT, UPDATE, DELETE ON TABLES TO {role}",
    "ALTER DEFAULT PRIVILEGES IN SCHEMA {schema} GRANT USAGE ON SEQUENCES TO {role}",
    # Which migrations there are, only the owner says.
    "REVOKE INSERT, UPDATE, DELETE ON migrations FROM {role}",
)
# What runs as the owner, see migration 0038.
_OWNERS = ("add_embedding_model(text, integer)", "drop_embedding_model(text)")


def grant(conn: Connection, database: str, roles: Roles) -> None:
    """Lets the roles use what there is and what later migrations add; nobody gets more than before.

    The caller's transaction holds the lock of migrations. Raises RoleMissing.
    """
    me = _one(conn, "SELECT current_user AS one")
    for login, rights in ((roles.writer, _WRITES), (roles.reader, _READS)):
        if login is None or login.name == me:
            continue
        _ensure(conn, login)
        names = {
            "database": Identifier(database),
            "schema": Identifier(_one(conn, "SELECT current_schema() AS one")),
            "role": Identifier(login.name),
        }
        for right in rights:
            conn.execute(SQL(right).format(**names))
        set_limits(conn, database, login.name)
    if roles.writer and roles.writer.name != me:
        _let_call(conn, roles.writer.name)


def _ensure(conn: Connection, login: Login) -> None:
    if conn.execute("SELECT FROM pg_roles WHERE rolname = %s", [login.name]).rowcount:
        return
    try:
        # A statement of its own: it may fail without ending the caller's transaction.
        with conn.transaction():
            conn.execute(
                SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                    Identifier(login.name), Literal(login.password)
                )
            )
    except psycopg.errors.InsufficientPrivilege:
        raise RoleMissing(
            f"the role {login.name} does not exist, and the owner may not make it:"
            " make it, or give the owner CREATEROLE"
        ) from None


def _let_call(conn: Connection, role: str) -> None:
    for signature in _OWNERS:
        # Before the first migration there is none.
        if _one(conn, "SELECT to_regprocedure(%s) IS NOT NULL AS one", signature):
            conn.execute(
                SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(SQL(signature), Identifier(role))
            )


def _one(conn: Connection, query: LiteralString, *values: str) -> str:
    row = conn.execute(query, values).fetchone()
    return row["one"] if row else ""
