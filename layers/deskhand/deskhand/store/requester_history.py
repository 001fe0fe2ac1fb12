"""The earlier tickets of a requester."""

from typing import Any
from uuid import UUID

from deskhand.store.connection import Connection


def of_requester(conn: Connection, ticket_id: UUID, limit: int) -> list[dict[str, Any]]:
    """The last `limit` tickets before this one with the same caller and customer, newest first.

    Without a customer a person's tickets are their own. A service's ticket without a customer has
    no history, because its requester is unknown.
    """
    return conn.execute(
        """
        SELECT o.id, o.status, o.category, o.request_type, o.created_at
        FROM tickets t JOIN tickets o
             ON coalesce(o.customer_id, '') = coalesce(t.customer_id, '')
             AND o.caller = t.caller AND o.id < t.id
        WHERE t.id = %(id)s AND (t.customer_id IS NOT NULL OR t.caller LIKE 'user:%%')
        ORDER BY o.id DESC LIMIT %(limit)s
        """,
        {"id": ticket_id, "limit": limit},
    ).fetchall()
