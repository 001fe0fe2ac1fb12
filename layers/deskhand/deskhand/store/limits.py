"""The server's time limits for the functions, stored with the database role.

They apply to each new session of the role in this database, with or without a pooler. A session
that a pooler opened before keeps the limits it began with.
"""

from psycopg.sql import SQL, Identifier, Literal

from deskhand.store.connection import Connection

# In milliseconds. The server ends a slow statement before its caller gives up; a request waits this
# long for another one with its idempotency key; a forgotten transaction is ended.
LIMITS = {
    "statement_timeout": 3_000,
    "lock_timeout": 2_000,
    "idle_in_transaction_session_timeout": 30_000,
}


def set_limits(conn: Connection, database: str, role: str = "") -> None:
    """Sets the limits of a role, the connected one by default, in that database, for new
    sessions."""
    whose = Identifier(role) if role else SQL("CURRENT_USER")
    for name, milliseconds in LIMITS.items():
        conn.execute(
            SQL("ALTER ROLE {} IN DATABASE {} SET {} = {}").format(
                whose, Identifier(database), Identifier(name), Literal(str(milliseconds))
            )
        )
