"""What a requester asked for before."""

from typing import Any
from uuid import UUID

from deskhand.store.connection import Connection


def of_requester(conn: Connection, ticket_id: UUID, limit: int) -> list[dict[str, Any]]:
    """The `limit` tickets before this one of the same customer of the same caller, newest first.

    What a person posts without a customer is their own; of a service, nobody knows whose it is.
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
