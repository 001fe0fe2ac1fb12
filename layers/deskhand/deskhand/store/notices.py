"""Notices to people. A notice is marked sent after it was sent, never before."""

from typing import Any
from uuid import UUID

from deskhand.store.connection import Connection


def claim_due(conn: Connection) -> dict[str, Any] | None:
    """The longest due notice, postponed so that other senders skip it; None when none is due.

    The wait doubles with each try, from one minute (longer than any send) to one hour; the tries
    never end.
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
        RETURNING notices.id, ticket_id, level, recipient, content, created_at,
                  (SELECT request_id FROM runs WHERE runs.ticket_id = notices.ticket_id
                   ORDER BY runs.id DESC LIMIT 1) AS request_id
        """
    ).fetchone()


def mark_sent(conn: Connection, notice_id: UUID, channel: str) -> None:
    """Records once, on the ticket's trail, that the channel accepted the notice."""
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
    """Stores why the last try failed."""
    conn.execute(
        "UPDATE notices SET error = %(error)s WHERE id = %(id)s AND sent_at IS NULL",
        {"id": notice_id, "error": error[:500]},
    )


def make_due(conn: Connection) -> None:
    """Makes every unsent notice due now."""
    conn.execute("UPDATE notices SET next_try_at = now() WHERE sent_at IS NULL")
