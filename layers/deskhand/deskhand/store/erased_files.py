"""Files in the bucket that hold, or may hold, rows of a person."""

from typing import Any
from uuid import UUID

from psycopg.sql import SQL

from deskhand.store.connection import Connection, patient
from deskhand.store.erasure import ACTOR, REQUESTS, Marks

_SECONDS = 60


def exports(conn: Connection, *, all_of_them: bool = False) -> list[dict[str, Any]]:
    """Id and file of the exports that were asked for before the last ticket was erased: nobody
    knows whose rows are in them. With `all_of_them` of every export."""
    return conn.execute(
        """
        SELECT id, object_key FROM exports WHERE %(all_of_them)s OR created_at <= (
            SELECT max(at) FROM audit WHERE action = 'ticket.deleted' AND actor = %(actor)s)
        """,
        {"actor": ACTOR, "all_of_them": all_of_them},
    ).fetchall()


def delete_export(conn: Connection, export_id: UUID) -> None:
    """Deletes an export; a function that writes it finds it gone."""
    conn.execute("DELETE FROM exports WHERE id = %(id)s", {"id": export_id})


def reports_with(conn: Connection, marks: Marks) -> list[dict[str, Any]]:
    """Id and file of the attribution reports with a request of the person."""
    with patient(conn, _SECONDS):
        return conn.execute(
            SQL(
                "SELECT id, object_key FROM reports"
                " WHERE run_id IN (SELECT run_id FROM attribution_requests WHERE {})"
            ).format(SQL(REQUESTS.where)),
            marks,
        ).fetchall()


def clear_report(conn: Connection, report_id: UUID) -> None:
    """Empties the list of requests for people in a report; its figures stay."""
    conn.execute("UPDATE reports SET review = '[]' WHERE id = %(id)s", {"id": report_id})


def audits_with(conn: Connection, marks: Marks) -> list[UUID]:
    """The audits of old tickets whose findings mention the person."""
    with patient(conn, _SECONDS):
        rows = conn.execute(
            "SELECT id FROM audits WHERE result::text ~* ANY (%(mentions)s)", marks
        ).fetchall()
        return [row["id"] for row in rows]
