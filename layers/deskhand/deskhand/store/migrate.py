"""Append-only migrations: numbered SQL files, applied in order under an advisory lock.

A file's name says whether it was applied, so numbers may have gaps: 0015 and 0016 were never
released. `tests/contract/test_migrations.py` says what a file may contain.
"""

import time
from collections.abc import Callable
from importlib.resources import files

from deskhand.logs import log
from deskhand.store.connection import Connection
from deskhand.store.limits import set_limits
from deskhand.store.roles import Roles, grant
from deskhand.store.schema import missing_migrations

NO_ROLES = Roles()
_LOCK = 0x6465736B  # "desk": any constant that no other program uses


def migrate(
    conn: Connection, may_begin: Callable[[], bool] = lambda: True, roles: Roles = NO_ROLES
) -> list[str]:
    """Applies new migrations, each in its own transaction, and returns their names.

    It stops before the first one that may not begin. Time limits and grants are set each time,
    because the functions may have got another role. Raises RoleMissing.
    """
    with conn.transaction():
        _wait_for_others(conn)
        conn.execute(
            "CREATE TABLE IF NOT EXISTS migrations (name text PRIMARY KEY,"
            " applied_at timestamptz NOT NULL DEFAULT now())"
        )
        # Behind a pooler the database may go by another name than the one connected to.
        row = conn.execute("SELECT current_database() AS name").fetchone()
        database = str(row["name"]) if row else ""
        set_limits(conn, database)
        # Before the migrations too: functions at work meet no table that they may not use.
        grant(conn, database, roles)
    applied = []
    for name in missing_migrations(conn):
        if not may_begin():
            break
        log.info("migration begins", extra={"migration": name})
        start = time.monotonic()
        if _apply(conn, name):
            applied.append(name)
        log.info(
            "migration applied",
            extra={"migration": name, "seconds": round(time.monotonic() - start, 1)},
        )
    with conn.transaction():
        _wait_for_others(conn)
        grant(conn, database, roles)
    return applied


def _apply(conn: Connection, name: str) -> bool:
    with conn.transaction():
        _wait_for_others(conn)
        if conn.execute("SELECT FROM migrations WHERE name = %(name)s", {"name": name}).rowcount:
            return False
        conn.execute(files("deskhand.store.migrations").joinpath(name).read_bytes())
        conn.execute("INSERT INTO migrations (name) VALUES (%(name)s)", {"name": name})
        return True


def _wait_for_others(conn: Connection) -> None:
    """Waits for another deployment; the lock is held until the transaction ends."""
    conn.execute("SET LOCAL statement_timeout = 0")
    conn.execute("SET LOCAL lock_timeout = 0")
    conn.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _LOCK})
