"""The server's time limits on what the functions ask, kept by the database role.

They hold on every new session of the role in this database, whatever stands in between; a session
that a pooler opened before keeps those it began with.
"""

from psycopg.sql import SQL, Identifier, Literal

from deskhand.store.connection import Connection

# In milliseconds. A slow statement ends before its caller gives up; a request waits that long for
# another one with the same idempotency key; what is forgotten in a transaction is let go.
LIMITS = {
    "statement_timeout": 3_000,
    "lock_timeout": 2_000,
    "idle_in_transaction_session_timeout": 30_000,
}


def set_limits(conn: Connection, database: str) -> None:
    """Gives the connected role its limits in that database, for sessions that begin from now on."""
    for name, milliseconds in LIMITS.items():
        conn.execute(
            SQL("ALTER ROLE CURRENT_USER IN DATABASE {} SET {} = {}").format(
                Identifier(database), Identifier(name), Literal(str(milliseconds))
            )
        )
