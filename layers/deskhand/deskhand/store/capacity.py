"""Database connections that are available to the functions."""

from deskhand.store.connection import Connection


def granted_connections(conn: Connection) -> int:
    """How many connections the server allows the connected role in this database."""
    row = conn.execute(
        """
        SELECT least(
            current_setting('max_connections')::int
                - current_setting('superuser_reserved_connections')::int
                - coalesce(current_setting('reserved_connections', true), '0')::int,
            nullif((SELECT rolconnlimit FROM pg_roles WHERE rolname = current_user), -1),
            nullif((SELECT datconnlimit FROM pg_database WHERE datname = current_database()), -1)
        ) AS n
        """
    ).fetchone()
    return int(row["n"]) if row else 0
