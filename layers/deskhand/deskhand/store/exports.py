"""Exports: what was asked for, the lease of the function that writes, and what came of it.

A writer that comes back after its lease has a lower number than the one that replaced it, and
changes nothing any more.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from deskhand.store import metrics
from deskhand.store.connection import Connection
from deskhand.store.ticket_filter import Filter, condition

# After this silence of a writer another one begins anew.
LEASE = "3 minutes"
# An export that ended two writers is not tried a third time.
TRIES = 2


@dataclass(frozen=True, slots=True)
class Claimed:
    """An export that is to be written now."""

    id: UUID
    query: str
    format: str
    created_at: datetime
    tries: int  # the number of this try


def add(conn: Connection, export_id: UUID, actor: str, query: str, kind: str) -> None:
    """Stores an export that waits."""
    conn.execute(
        "INSERT INTO exports (id, requested_by, query, format)"
        " VALUES (%(id)s, %(actor)s, %(query)s, %(format)s)",
        {"id": export_id, "actor": actor, "query": query, "format": kind},
    )


def get(conn: Connection, export_id: UUID) -> dict[str, Any] | None:
    """An export as readers see it; None when it does not exist."""
    return conn.execute(
        """
        SELECT id, requested_by, query, format, status, written, rows, listed_at, bytes, note,
               error, created_at, finished_at
        FROM exports WHERE id = %(id)s
        """,
        {"id": export_id},
    ).fetchone()


def key_of_file(conn: Connection, export_id: UUID, days: int) -> str | None:
    """The key of the file in the bucket; None when there is none, or none any more."""
    row = conn.execute(
        "SELECT object_key FROM exports WHERE id = %(id)s"
        " AND finished_at > now() - make_interval(days => %(days)s)",
        {"id": export_id, "days": days},
    ).fetchone()
    return row["object_key"] if row else None


def forget(conn: Connection, days: int) -> None:
    """Deletes exports that ended so many days ago; the bucket deletes their files."""
    conn.execute(
        "DELETE FROM exports WHERE finished_at < now() - make_interval(days => %(days)s)",
        {"days": days},
    )


def claim(conn: Connection) -> Claimed | None:
    """The oldest export that waits, or whose writer has gone silent; None: nothing to do."""
    with conn.transaction():
        given_up = conn.execute(
            """
            UPDATE exports SET status = 'failed', error = 'TriesUsedUp', lease_until = NULL,
                   finished_at = now()
            WHERE status = 'running' AND lease_until < now() AND tries >= %(tries)s
            """,
            {"tries": TRIES},
        )
        _tally(conn, "failed", given_up.rowcount)
    row = conn.execute(
        """
        UPDATE exports SET status = 'running', tries = tries + 1, written = 0,
               lease_until = now() + %(lease)s::interval
        WHERE id = (
            SELECT id FROM exports
            WHERE status = 'waiting' OR (status = 'running' AND lease_until < now())
            ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
        RETURNING id, query, format, created_at, tries
        """,
        {"lease": LEASE},
    ).fetchone()
    return Claimed(**row) if row else None


def note_written(conn: Connection, claimed: Claimed, written: int, rows: int) -> bool:
    """Records how far the export is, and renews the lease; False: another writer has it."""
    noted = conn.execute(
        """
        UPDATE exports SET written = %(written)s, rows = %(rows)s,
               lease_until = now() + %(lease)s::interval
        WHERE id = %(id)s AND status = 'running' AND tries = %(try)s
        """,
        {**_of(claimed), "written": written, "rows": rows, "lease": LEASE},
    )
    return noted.rowcount > 0


def finish(conn: Connection, claimed: Claimed, result: dict[str, Any]) -> bool:
    """Records the file: `rows`, `listed_at`, `object_key`, `bytes`, `format` and a `note`; False:
    another writer has the export."""
    with conn.transaction():
        done = conn.execute(
            """
            UPDATE exports SET status = 'done', lease_until = NULL, finished_at = now(),
                   written = %(rows)s, rows = %(rows)s, listed_at = %(listed_at)s,
                   object_key = %(object_key)s, bytes = %(bytes)s, format = %(format)s,
                   note = %(note)s, error = NULL
            WHERE id = %(id)s AND status = 'running' AND tries = %(try)s
            """,
            {**result, **_of(claimed)},
        )
        _tally(conn, "done", done.rowcount)
    return done.rowcount > 0


def fail(conn: Connection, claimed: Claimed, error: str) -> None:
    """Ends a try: the export waits for the next one, or has failed."""
    with conn.transaction():
        failed = conn.execute(
            """
            UPDATE exports SET lease_until = NULL, error = %(error)s,
                   status = CASE WHEN tries < %(most)s THEN 'waiting' ELSE 'failed' END,
                   finished_at = CASE WHEN tries < %(most)s THEN NULL ELSE now() END
            WHERE id = %(id)s AND status = 'running' AND tries = %(try)s
            RETURNING status
            """,
            {**_of(claimed), "error": error, "most": TRIES},
        ).fetchall()
        _tally(conn, "failed", sum(row["status"] == "failed" for row in failed))


def _of(claimed: Claimed) -> dict[str, Any]:
    return {"id": claimed.id, "try": claimed.tries}


def _tally(conn: Connection, status: str, ended: int) -> None:
    """Counts exports that ended."""
    if ended:
        metrics.add(conn, {("exports_total", (("status", status),)): ended})


def count(conn: Connection, wanted: Filter) -> tuple[int, datetime]:
    """How many tickets the list has, and the moment of that."""
    where, values = condition(wanted)
    [row] = conn.execute(
        "SELECT count(*) AS n, now() AS at FROM tickets t WHERE " + where, values
    ).fetchall()
    return row["n"], row["at"]
