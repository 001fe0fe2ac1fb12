"""Waiting in tests: for an event, and never for a time.

Machines differ many times over in speed, from hour to hour. The only bound of a wait is therefore
one that nothing but a program that hangs reaches.
"""

import time
from collections.abc import Callable

from deskhand.store.connection import Connection

HUNG_SECONDS = 240.0
_WAITING = """
SELECT count(*) AS n FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""


def wait_until(event: Callable[[], object], what: str = "it") -> None:
    """Return once `event` is true; fail when whatever should bring it about must hang."""
    deadline = time.monotonic() + HUNG_SECONDS
    while not event():
        assert time.monotonic() < deadline, f"{what} has not happened in {HUNG_SECONDS:.0f} s"
        time.sleep(0.01)


def wait_for_lock(conn: Connection, sessions: int = 1) -> None:
    """Return once so many sessions of the connection's database wait for a lock."""

    def wait() -> bool:
        # A transaction sees the sessions as they were when it first looked.
        conn.execute("SELECT pg_stat_clear_snapshot()")
        return bool(conn.execute(_WAITING).fetchone()["n"] >= sessions)

    wait_until(wait, "a wait for a lock")
