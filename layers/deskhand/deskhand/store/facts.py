"""The facts of each ticket and their sums by day: all that /analytics counts.

A fact row is a function of the ticket's row and events, so it is always written anew as a whole,
and the sums change by the difference. To repeat a fold changes nothing.
"""

from collections.abc import Sequence
from itertools import batched
from time import monotonic
from typing import Any
from uuid import UUID

from deskhand.store.connection import Connection, patient

_BATCH = 5_000
_FILL_SECONDS = 15
_FORGET = "WITH f AS (DELETE FROM ticket_facts AS f WHERE ticket_id = ANY (%(ids)s) RETURNING f)"
_STORE = (
    "WITH f AS (INSERT INTO ticket_facts AS f SELECT * FROM facts_of(%(ids)s::uuid[]) RETURNING f)"
)
_OLD = "WITH f AS (SELECT f FROM ticket_facts AS f WHERE ticket_id = ANY (%(ids)s))"
_BURY = """
    WITH f AS (
        UPDATE ticket_facts AS f SET
            ticket_id = gen_random_uuid(), deleted_at = now(), channel = '', category = NULL,
            request_type = NULL, duplicate = false, unlinked = false, linked_at = NULL,
            triaged_at = NULL, run_failed = false, unattended = NULL, review_asked_at = NULL,
            review_decided_at = NULL, reassigned_at = NULL, responded_at = NULL,
            responded_by = NULL, solved_by = '{}', due_at = NULL,
            response_due_at = NULL, resolution_promised = false, response_promised = false,
            response_seconds = NULL, resolution_seconds = NULL, last_resolution_seconds = NULL,
            warned_at = NULL, breached_at = NULL
        WHERE ticket_id = ANY (%(ids)s) RETURNING f
    )
"""
# In the order of the key, so that writers cannot deadlock.
_SUM = """
    INSERT INTO daily_figures (figure, day, part, bucket, n)
    SELECT g.figure, g.day, g.part, g.bucket, %(sign)s * count(*)
    FROM f CROSS JOIN LATERAL figures_of(f.f, %(zone)s) AS g
    GROUP BY g.figure, g.day, g.part, g.bucket ORDER BY g.figure, g.day, g.part, g.bucket
    ON CONFLICT (figure, day, part, bucket) DO UPDATE SET n = daily_figures.n + excluded.n
"""


def fold(conn: Connection, low: str, high: str) -> None:
    """Writes the facts of all tickets that transactions from `low` to before `high` changed.

    The caller holds the watermark's lock, so no two folds change the sums at once.
    """
    rows = conn.execute(
        """
        SELECT ticket_id FROM events
        WHERE ticket_id IS NOT NULL
              AND transaction_id >= %(low)s AND transaction_id < %(high)s
        UNION
        SELECT ticket_id FROM ticket_clocks
        WHERE transaction_id >= %(low)s AND transaction_id < %(high)s
        """,
        {"low": low, "high": high},
    ).fetchall()
    state = _state(conn)
    for ids in batched((row["ticket_id"] for row in rows), _BATCH, strict=False):
        _write(conn, ids, state["time_zone"])
    conn.execute("UPDATE analytics_state SET folded_at = now()")


def bury(conn: Connection, ticket_id: UUID) -> None:
    """Keeps the flows of a ticket that is about to be deleted, without its id and its labels.

    The caller holds the watermark's lock.
    """
    zone = _state(conn)["time_zone"]
    _write(conn, [ticket_id], zone)
    asked = {"ids": [ticket_id], "zone": zone}
    conn.execute(_OLD + _SUM, {**asked, "sign": -1})
    conn.execute(_BURY + _SUM, {**asked, "sign": 1})


def fill(conn: Connection) -> None:
    """Counts tickets of before the facts existed, for some seconds, the newest first."""
    end = monotonic() + _FILL_SECONDS
    while _fill_batch(conn) and monotonic() < end:
        pass


def _fill_batch(conn: Connection) -> bool:
    """Whether there is more to count."""
    with patient(conn, _FILL_SECONDS):
        conn.execute("SELECT FROM metric_watermark FOR UPDATE")
        state = _state(conn)
        if state["unfilled"] is None:
            return False
        rows = conn.execute(
            "SELECT id FROM tickets WHERE id <= %(unfilled)s ORDER BY id DESC LIMIT %(limit)s",
            {**state, "limit": _BATCH + 1},
        ).fetchall()
        ids = [row["id"] for row in rows]
        _write(conn, ids[:_BATCH], state["time_zone"])
        following = ids[_BATCH] if len(ids) > _BATCH else None
        conn.execute("UPDATE analytics_state SET unfilled = %(id)s", {"id": following})
        return following is not None


def set_time_zone(conn: Connection, zone: str, seconds: int) -> None:
    """Begins days by the clock of `zone`; a new zone sums all facts anew."""
    if _state(conn)["time_zone"] == zone:
        return
    with patient(conn, seconds):
        conn.execute("SELECT FROM metric_watermark FOR UPDATE")
        conn.execute("UPDATE analytics_state SET time_zone = %(zone)s", {"zone": zone})
        conn.execute("DELETE FROM daily_figures")
        conn.execute(
            """
            INSERT INTO daily_figures (figure, day, part, bucket, n)
            SELECT g.figure, g.day, g.part, g.bucket, count(*)
            FROM ticket_facts AS f CROSS JOIN LATERAL figures_of(f, %(zone)s) AS g
            GROUP BY g.figure, g.day, g.part, g.bucket
            """,
            {"zone": zone},
        )


def _state(conn: Connection) -> dict[str, Any]:
    row = conn.execute("SELECT time_zone, folded_at, unfilled FROM analytics_state").fetchone()
    if row is None:
        raise RuntimeError("analytics_state has lost its row")
    return row


def _write(conn: Connection, ids: Sequence[UUID], zone: str) -> None:
    asked = {"ids": list(ids), "zone": zone}
    conn.execute(_FORGET + _SUM, {**asked, "sign": -1})
    conn.execute(_STORE + _SUM, {**asked, "sign": 1})
