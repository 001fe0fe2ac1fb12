"""What is deleted when it is old: tickets that nobody works on, and calls of models without one."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg

from deskhand.store import edits
from deskhand.store.connection import Connection
from deskhand.uuid7 import uuid7_at

ACTOR = "retention"
# Tickets that are looked for at once; each is deleted in a transaction of its own.
_BATCH = 100


def reap(conn: Connection, days: int, may_go_on: Callable[[], bool]) -> dict[str, int]:
    """Deletes tickets that were finished `days` ago, and older calls of models; returns how many.

    A ticket goes with all that belongs to it, as if somebody had deleted it, with an audit row. It
    stays while another one is its duplicate. With 0 days nothing is old.
    """
    done = {"reaped_tickets": 0, "reaped_calls": 0}
    if days == 0:
        return done
    before = datetime.now(UTC) - timedelta(days=days)
    passed = UUID(int=0)
    while may_go_on() and (due := _due(conn, before, passed)):
        for ticket_id in due:
            done["reaped_tickets"] += _delete(conn, ticket_id)
        passed = due[-1]
    done["reaped_calls"] = conn.execute(
        """
        DELETE FROM model_calls WHERE id = ANY (ARRAY(
            SELECT id FROM model_calls WHERE started_at < %(before)s AND run_id IS NULL
            ORDER BY started_at LIMIT 5000 FOR UPDATE SKIP LOCKED))
        """,
        {"before": before},
    ).rowcount
    return done


def _due(conn: Connection, before: datetime, passed: UUID) -> list[UUID]:
    """The oldest tickets after `passed` that may go. Ids tell when a ticket came in."""
    rows = conn.execute(
        """
        SELECT id FROM tickets
        WHERE status IN ('solved', 'closed') AND updated_at < %(before)s
          AND id > %(passed)s AND id < %(newest)s AND ai_status <> 'PENDING'
          AND NOT EXISTS (SELECT FROM tickets AS other WHERE other.duplicate_of = tickets.id)
        ORDER BY id LIMIT %(batch)s
        """,
        {"before": before, "passed": passed, "newest": uuid7_at(before), "batch": _BATCH},
    )
    return [row["id"] for row in rows]


def _delete(conn: Connection, ticket_id: UUID) -> bool:
    """Whether it was deleted; one that a run or a person has just taken is left alone."""
    # Most runs delete nothing.
    from deskhand.store import deletion

    try:
        with conn.transaction():
            if edits.lock_ticket_and_runs(conn, ticket_id, None) is None:
                return False
            if not conn.execute(
                "SELECT FROM tickets WHERE id = %(id)s AND status IN ('solved', 'closed')",
                {"id": ticket_id},
            ).rowcount:
                return False
            deletion.delete_ticket(conn, ticket_id, ACTOR, ACTOR)
            return True
    except psycopg.errors.LockNotAvailable:
        return False
