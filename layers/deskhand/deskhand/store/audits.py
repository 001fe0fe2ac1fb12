"""Audits: the packed rows that wait, the lease of the one at work, and the results."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from deskhand.store.connection import Connection

# After this silence of a worker another one takes over.
LEASE = "3 minutes"
# An audit that ended two workers is not tried a third time.
TRIES = 2
KEPT_DAYS = 30


@dataclass(frozen=True, slots=True)
class ClaimedAudit:
    """An audit that is to be done now."""

    id: UUID
    confidence: float
    packed: bytes
    source: dict[str, Any]
    created_at: datetime


def waiting(conn: Connection) -> int:
    """How many audits have not ended. Waits for others that are being added."""
    conn.execute("LOCK TABLE audits IN SHARE ROW EXCLUSIVE MODE")
    row = conn.execute(
        "SELECT count(*) AS n FROM audits WHERE status IN ('waiting', 'running')"
    ).fetchone()
    return int(row["n"]) if row else 0


def add(
    conn: Connection,
    audit_id: UUID,
    actor: str,
    source: dict[str, Any],
    confidence: float,
    rows: int,
    packed: bytes,
) -> None:
    """Stores an audit that waits."""
    conn.execute(
        """
        INSERT INTO audits (id, actor, source, confidence, rows, packed)
        VALUES (%(id)s, %(actor)s, %(source)s, %(confidence)s, %(rows)s, %(packed)s)
        """,
        {
            "id": audit_id,
            "actor": actor,
            "source": Jsonb(source),
            "confidence": confidence,
            "rows": rows,
            "packed": packed,
        },
    )


def claim(conn: Connection) -> ClaimedAudit | None:
    """The oldest audit that waits, or whose worker has gone silent; None: nothing to do."""
    row = conn.execute(
        """
        UPDATE audits SET status = 'running', tries = tries + 1, progress = 0,
               lease_until = now() + %(lease)s::interval
        WHERE id = (
            SELECT id FROM audits
            WHERE tries < %(tries)s
              AND (status = 'waiting' OR (status = 'running' AND lease_until < now()))
            ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING id, confidence, packed, source, created_at
        """,
        {"lease": LEASE, "tries": TRIES},
    ).fetchone()
    return ClaimedAudit(**row) if row else None


def progress(conn: Connection, audit_id: UUID, share: float) -> None:
    """Records how far the audit is, and renews the lease."""
    conn.execute(
        """
        UPDATE audits SET progress = %(share)s, lease_until = now() + %(lease)s::interval
        WHERE id = %(id)s AND status = 'running'
        """,
        {"id": audit_id, "share": share, "lease": LEASE},
    )


def finish(conn: Connection, audit_id: UUID, result: dict[str, Any]) -> bool:
    """Stores the result; the rows are forgotten. False when the audit was deleted meanwhile."""
    done = conn.execute(
        """
        UPDATE audits SET status = 'done', result = %(result)s, progress = 1, packed = NULL,
               lease_until = NULL, ended_at = now()
        WHERE id = %(id)s AND status = 'running'
        """,
        {"id": audit_id, "result": Jsonb(result)},
    )
    return done.rowcount > 0


def give_up(conn: Connection, audit_id: UUID, error: str) -> None:
    """Ends an audit without a result; the rows are forgotten."""
    conn.execute(
        """
        UPDATE audits SET status = 'failed', error = %(error)s, packed = NULL,
               lease_until = NULL, ended_at = now()
        WHERE id = %(id)s AND status = 'running'
        """,
        {"id": audit_id, "error": error},
    )


def sweep(conn: Connection) -> list[UUID]:
    """Ends audits whose workers have died too often, and deletes the old ones; returns their
    ids."""
    conn.execute(
        """
        UPDATE audits SET status = 'failed', packed = NULL, lease_until = NULL, ended_at = now(),
               error = 'it was ended twice before it was complete: send fewer rows'
        WHERE status = 'running' AND lease_until < now() AND tries >= %(tries)s
        """,
        {"tries": TRIES},
    )
    rows = conn.execute(
        """
        DELETE FROM audits WHERE created_at < now() - make_interval(days => %(days)s) RETURNING id
        """,
        {"days": KEPT_DAYS},
    ).fetchall()
    return [row["id"] for row in rows]


def find(conn: Connection, audit_id: UUID) -> dict[str, Any] | None:
    """The audit with its result; None when it does not exist."""
    return conn.execute(
        """
        SELECT id, actor, status, progress, rows, confidence, source, result, error, created_at,
               ended_at
        FROM audits WHERE id = %(id)s
        """,
        {"id": audit_id},
    ).fetchone()


def newest(conn: Connection, limit: int) -> list[dict[str, Any]]:
    """The last audits without their results, newest first."""
    return conn.execute(
        """
        SELECT id, actor, status, progress, rows, confidence, error, created_at, ended_at,
               result->'summary' AS summary
        FROM audits ORDER BY created_at DESC, id DESC LIMIT %(limit)s
        """,
        {"limit": limit},
    ).fetchall()


def delete(conn: Connection, audit_id: UUID) -> bool:
    """Deletes an audit, also one at work; False when it does not exist."""
    return conn.execute("DELETE FROM audits WHERE id = %(id)s", {"id": audit_id}).rowcount > 0
