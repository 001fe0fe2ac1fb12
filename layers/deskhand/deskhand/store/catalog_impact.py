"""Tickets that a catalog is measured with: their number by type, and recent texts."""

from typing import Any

from deskhand.store.connection import Connection


def unsolved_by_type(conn: Connection) -> list[dict[str, Any]]:
    """The number of unsolved tickets of each type."""
    return conn.execute(
        """
        SELECT category, request_type, count(*) AS count FROM tickets
        WHERE status IN ('open', 'pending', 'hold') AND category IS NOT NULL
        GROUP BY category, request_type
        """
    ).fetchall()


def recent_tickets(conn: Connection, limit: int) -> list[dict[str, Any]]:
    """The newest tickets whose type was not chosen by people."""
    return conn.execute(
        """
        SELECT id, subject, body FROM tickets
        WHERE category IS NOT NULL AND provenance ->> 'category' IS DISTINCT FROM 'human'
        ORDER BY id DESC LIMIT %(limit)s
        """,
        {"limit": limit},
    ).fetchall()
