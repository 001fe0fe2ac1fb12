"""Notices owed to people. A row is done when it is marked sent, never before the send."""

from typing import Any
from uuid import UUID

from deskhand.store.connection import Connection


def claim_due(conn: Connection) -> dict[str, Any] | None:
    """The notice that is due for the longest time, pushed back so that others skip it.

    The wait doubles with each try from a minute, longer than any send, to an hour, and never ends.
    """
    return conn.execute(
        """
        WITH due AS MATERIALIZED (
            SELECT id FROM notices WHERE sent_at IS NULL AND next_try_at <= now()
            ORDER BY next_try_at LIMIT 1 FOR UPDATE SKIP LOCKED
        )
        UPDATE notices SET tries = tries + 1, next_try_at =
            now() + least(interval '1 minute' * power(2, least(tries, 10)), interval '1 hour')
        FROM due WHERE notices.id = due.id
        RETURNING notices.id, ticket_id, level, recipient, content, created_at
        """
    ).fetchone()


def mark_sent(conn: Connection, notice_id: UUID, channel: str) -> None:
    """Notes on the ticket's trail that the other side took it, once."""
    conn.execute(
        """
        WITH marked AS (
            UPDATE notices SET sent_at = now(), error = NULL
            WHERE id = %(id)s AND sent_at IS NULL RETURNING ticket_id, level
        )
        INSERT INTO events (ticket_id, kind, actor, data)
        SELECT ticket_id, 'notice.sent', 'notify',
               jsonb_build_object('level', level, 'channel', %(channel)s::text)
        FROM marked
        """,
        {"id": notice_id, "channel": channel},
    )


def note_refusal(conn: Connection, notice_id: UUID, error: str) -> None:
    """Says why the last try failed."""
    conn.execute(
        "UPDATE notices SET error = %(error)s WHERE id = %(id)s AND sent_at IS NULL",
        {"id": notice_id, "error": error[:500]},
    )


def make_due(conn: Connection) -> None:
    """Every notice that was not sent is due now, whatever its back-off."""
    conn.execute("UPDATE notices SET next_try_at = now() WHERE sent_at IS NULL")
