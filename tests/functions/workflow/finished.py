"""Tickets whose runs are over."""

from uuid import UUID

from deskhand.store.connection import Connection
from tests import arrange


def answered(conn: Connection, ai_status: str = "FALLBACK", **columns: object) -> UUID:
    """A ticket whose run is over."""
    ticket_id, run_id = arrange.accepted(conn)
    conn.execute("UPDATE runs SET status = 'IN_PROGRESS' WHERE id = %(id)s", {"id": run_id})
    conn.execute(
        "UPDATE runs SET status = 'COMPLETED', finished_at = now() WHERE id = %(id)s",
        {"id": run_id},
    )
    conn.execute(
        "UPDATE tickets SET ai_status = %(status)s WHERE id = %(id)s",
        {"id": ticket_id, "status": ai_status},
    )
    return ticket_id
