"""Tickets that a fallback provider answered, and their next runs."""

from collections.abc import Sequence
from uuid import UUID

from psycopg.rows import class_row

from deskhand.store.connection import Connection
from deskhand.store.outbox import Message


def lock_tickets(conn: Connection, limit: int) -> list[UUID]:
    """Locks up to `limit` tickets to ask the first provider about again, oldest first.

    Tickets that are locked, closed, or have an open run are skipped.
    """
    rows = conn.execute(
        """
        SELECT id FROM tickets
        WHERE ai_status = 'FALLBACK' AND status <> 'closed'
          AND NOT EXISTS (SELECT FROM runs WHERE ticket_id = tickets.id
                          AND status IN ('PENDING', 'IN_PROGRESS'))
        ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        """,
        {"limit": limit},
    ).fetchall()
    return [row["id"] for row in rows]


def open_runs(
    conn: Connection, tickets: Sequence[UUID], actor: str, request_id: str
) -> list[Message]:
    """Opens a further run of each ticket and returns its message, which is now in the outbox.

    A ticket that has an open run by now is skipped.
    """
    cursor = conn.cursor(row_factory=class_row(Message))
    return cursor.execute(
        """
        WITH run AS (
            INSERT INTO runs (ticket_id, request_id)
            SELECT id, %(request_id)s FROM unnest(%(tickets)s::uuid[]) AS id ORDER BY id
            ON CONFLICT (ticket_id) WHERE status IN ('PENDING', 'IN_PROGRESS') DO NOTHING
            RETURNING id, ticket_id, attempt
        ), waiting AS (
            UPDATE tickets SET ai_status = 'PENDING', version = version + 1, updated_at = now()
            FROM run WHERE tickets.id = run.ticket_id
        ), noted AS (
            INSERT INTO events (ticket_id, run_id, kind, actor, data)
            SELECT ticket_id, id, 'ticket.reprocess', %(actor)s,
                   jsonb_build_object('request_id', %(request_id)s::text, 'cause', 'fallback')
            FROM run
        ), owed AS (
            INSERT INTO outbox (run_id, attempt, ticket_id) SELECT id, attempt, ticket_id FROM run
        )
        SELECT ticket_id, id AS run_id, attempt FROM run ORDER BY ticket_id
        """,
        {"tickets": list(tickets), "actor": actor, "request_id": request_id},
    ).fetchall()


def count_waiting(conn: Connection) -> int:
    """The number of tickets to ask the first provider about again."""
    row = conn.execute(
        """
        SELECT count(*) AS n FROM tickets
        WHERE ai_status = 'FALLBACK' AND status <> 'closed'
          AND NOT EXISTS (SELECT FROM runs WHERE ticket_id = tickets.id
                          AND status IN ('PENDING', 'IN_PROGRESS'))
        """
    ).fetchone()
    return int(row["n"]) if row else 0
