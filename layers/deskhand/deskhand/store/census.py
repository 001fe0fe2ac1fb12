"""Tickets as a catalog is measured by: how many there are of each type, and what people write."""

from typing import Any

from deskhand.store.connection import Connection


def unsolved_tickets(conn: Connection) -> list[dict[str, Any]]:
    """How many tickets of each type are not solved."""
    return conn.execute(
        """
        SELECT category, request_type, count(*) AS count FROM tickets
        WHERE status IN ('open', 'pending', 'hold') AND category IS NOT NULL
        GROUP BY category, request_type
        """
    ).fetchall()


def recent(conn: Connection, limit: int) -> list[dict[str, Any]]:
    """The newest tickets whose type people have not chosen themselves."""
    return conn.execute(
        """
        SELECT id, subject, body FROM tickets
        WHERE category IS NOT NULL AND provenance ->> 'category' IS DISTINCT FROM 'human'
        ORDER BY id DESC LIMIT %(limit)s
        """,
        {"limit": limit},
    ).fetchall()
