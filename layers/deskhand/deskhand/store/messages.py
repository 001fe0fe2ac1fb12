"""Messages of tickets: replies to the requester, their answers, notes among the staff."""

from typing import Any
from uuid import UUID

from deskhand.store.connection import Connection
from deskhand.ticket import MessageKind


def add(
    conn: Connection, ticket_id: UUID, kind: MessageKind, written_by: str, body: str
) -> dict[str, Any] | None:
    """Stores a message; returns its `id`, `kind` and `at`."""
    return conn.execute(
        """
        INSERT INTO messages (ticket_id, kind, written_by, body)
        VALUES (%(ticket_id)s, %(kind)s, %(written_by)s, %(body)s) RETURNING id, kind, at
        """,
        {"ticket_id": ticket_id, "kind": kind, "written_by": written_by, "body": body},
    ).fetchone()


def page(
    conn: Connection, ticket_id: UUID, after: int, limit: int, owner: str | None = None
) -> list[dict[str, Any]] | None:
    """The ticket's messages after an id, in order; None: not a ticket of `owner`, who sees no
    notes.
    """
    row = conn.execute(
        """
        SELECT (SELECT coalesce(jsonb_agg(m ORDER BY m.id), '[]') FROM (
                    SELECT id, kind, written_by, body, at FROM messages
                    WHERE ticket_id = t.id AND id > %(after)s
                          AND (%(owner)s::text IS NULL OR kind <> 'note')
                    ORDER BY id LIMIT %(limit)s) AS m) AS messages
        FROM tickets t
        WHERE t.id = %(ticket_id)s AND (%(owner)s::text IS NULL OR t.caller = %(owner)s)
        """,
        {"ticket_id": ticket_id, "after": after, "limit": limit, "owner": owner},
    ).fetchone()
    return row["messages"] if row else None
