"""Rows of the audit: what was done to more than a ticket's own trail can say."""

from typing import Any

from psycopg.types.json import Jsonb

from deskhand.store.connection import Connection


def add_audit_row(
    conn: Connection, action: str, actor: str, request_id: str, data: dict[str, Any]
) -> None:
    """Writes an audit row: about an account, invitation, service token, or a bulk change. It holds
    no addresses and no text of tickets.
    """
    conn.execute(
        """
        INSERT INTO audit (action, actor, request_id, data)
        VALUES (%(action)s, %(actor)s, %(request_id)s, %(data)s)
        """,
        {"action": action, "actor": actor, "request_id": request_id, "data": Jsonb(data)},
    )
