"""The facts of each ticket and their sums by day: all that /analytics counts.

A fact row is a function of the ticket's row and events, so it is always computed anew as a whole,
and the sums change by the difference. To repeat a fold changes nothing.
"""

from collections.abc import Sequence
from itertools import batched
from time import monotonic
from typing import Any, LiteralString
from uuid import UUID

from deskhand.store.connection import Connection, patient

# Tickets of one statement: some tenths of a second, for which deletions wait.
BATCH = 1_000
_SECONDS = 15

# Each of these says what `changed`: the facts before and after, and by which clock their days are
# summed. The INSERT counts what was removed: so the old row of a ticket is gone before the new one.
_WRITE: LiteralString = """
    WITH old AS MATERIALIZED (
        SELECT f.ticket_id, f FROM ticket_facts AS f WHERE f.ticket_id = ANY (%(ids)s)
    ), new AS MATERIALIZED (
        SELECT f.ticket_id, f FROM facts_of(%(ids)s::uuid[]) AS f
    ), changed AS MATERIALIZED (
        SELECT ticket_id, old.f AS old, zone_of(ticket_id, a) AS old_zone,
               new.f AS new, zone_of(ticket_id, a) AS new_zone
        FROM old FULL JOIN new USING (ticket_id) CROSS JOIN analytics_state AS a
        WHERE old.f IS DISTINCT FROM new.f
    ), removed AS (
        DELETE FROM ticket_facts AS f USING changed WHERE f.ticket_id = changed.ticket_id
        RETURNING f.ticket_id
    ), stored AS (
        INSERT INTO ticket_facts SELECT (new).* FROM changed
        WHERE (new).ticket_id IS NOT NULL AND (SELECT count(*) FROM removed) >= 0
    )
"""
_BURY: LiteralString = """
    WITH changed AS (
        UPDATE ticket_facts AS f SET
            ticket_id = gen_random_uuid(), deleted_at = now(), channel = '', category = NULL,
            request_type = NULL, duplicate = false, unlinked = false, linked_at = NULL,
            triaged_at = NULL, run_failed = false, unattended = NULL, review_asked_at = NULL,
            review_decided_at = NULL, reassigned_at = NULL, responded_at = NULL,
            responded_by = NULL, solved_by = '{}', due_at = NULL,
            response_due_at = NULL, resolution_promised = false, response_promised = false,
            response_seconds = NULL, resolution_seconds = NULL, last_resolution_seconds = NULL,
            warned_at = NULL, breached_at = NULL
        FROM ticket_facts AS old CROSS JOIN analytics_state AS a
        WHERE f.ticket_id = ANY (%(ids)s) AND old.ticket_id = f.ticket_id
        RETURNING old, zone_of(old.ticket_id, a) AS old_zone,
                  f AS new, zone_of(f.ticket_id, a) AS new_zone
    )
"""
_SHIFT: LiteralString = """
    WITH changed AS (
        SELECT f AS old, a.zone_before AS old_zone, f AS new, a.time_zone AS new_zone
        FROM ticket_facts AS f CROSS JOIN analytics_state AS a WHERE f.ticket_id = ANY (%(ids)s)
    )
"""
# In the order of the key, so that writers cannot deadlock.
_SUM: LiteralString = """
    INSERT INTO daily_figures (figure, day, part, bucket, n)
    SELECT g.figure, g.day, g.part, g.bucket, sum(s.sign)
    FROM changed
    CROSS JOIN LATERAL (VALUES (old, old_zone, -1), (new, new_zone, 1)) AS s(f, zone, sign)
    CROSS JOIN LATERAL sums_of(s.f, s.zone) AS g
    WHERE (s.f).ticket_id IS NOT NULL
    GROUP BY g.figure, g.day, g.part, g.bucket HAVING sum(s.sign) <> 0
    ORDER BY g.figure, g.day, g.part, g.bucket
    ON CONFLICT (figure, day, part, bucket) DO UPDATE SET n = daily_figures.n + excluded.n
"""
# What is still to be done, by the column that says up to which ticket: which tickets come next,
# the newest first, and what is done with them.
_LEFT: dict[LiteralString, tuple[LiteralString, LiteralString]] = {
    "unfilled": ("SELECT id FROM tickets WHERE id", _WRITE),
    "unshifted": ("SELECT ticket_id AS id FROM ticket_facts WHERE ticket_id", _SHIFT),
}


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
    for ids in batched((row["ticket_id"] for row in rows), BATCH, strict=False):
        _change(conn, _WRITE, ids)


def note_folded(conn: Connection) -> None:
    """Notes that all is counted up to now."""
    conn.execute("UPDATE analytics_state SET folded_at = now()")


def bury(conn: Connection, ticket_id: UUID) -> None:
    """Keeps the flows of a ticket that is about to be deleted, without its id and its labels.

    The caller holds the watermark's lock.
    """
    _change(conn, _WRITE, [ticket_id])
    _change(conn, _BURY, [ticket_id])


def recount(conn: Connection, ids: Sequence[UUID]) -> None:
    """Counts these tickets anew, because their events were changed. The caller holds `lock`."""
    _change(conn, _WRITE, ids)


def set_time_zone(conn: Connection, zone: str) -> None:
    """Begins days by the clock of `zone`; `fill` moves the sums of the tickets that there are.

    A further zone waits until that is done.
    """
    if _state(conn)["time_zone"] == zone:
        return
    with patient(conn, _SECONDS):
        lock(conn)
        conn.execute(
            """
            UPDATE analytics_state SET zone_before = time_zone, time_zone = %(zone)s,
                   unshifted = (SELECT ticket_id FROM ticket_facts ORDER BY ticket_id DESC LIMIT 1)
            WHERE unshifted IS NULL
            """,
            {"zone": zone},
        )


def fill(conn: Connection, seconds: float) -> None:
    """Counts tickets of before the facts existed, and sums by a new clock, for some seconds."""
    end = monotonic() + seconds
    while _fill_batch(conn) and monotonic() < end:
        pass


def _fill_batch(conn: Connection) -> bool:
    """Whether there may be more to do."""
    with patient(conn, _SECONDS):
        lock(conn)
        state = _state(conn)
        for column, (following, change) in _LEFT.items():
            if state[column] is not None:
                rows = conn.execute(
                    following + " <= %(upto)s ORDER BY 1 DESC LIMIT %(most)s",
                    {"upto": state[column], "most": BATCH + 1},
                ).fetchall()
                ids = [row["id"] for row in rows]
                _change(conn, change, ids[:BATCH])
                conn.execute(
                    "UPDATE analytics_state SET " + column + " = %(id)s",
                    {"id": ids[BATCH] if len(ids) > BATCH else None},
                )
                return True
    return False


def lock(conn: Connection) -> None:
    """Holds the watermark until the transaction ends: no other fold changes the sums."""
    conn.execute("SELECT FROM metric_watermark FOR UPDATE")


def _state(conn: Connection) -> dict[str, Any]:
    row = conn.execute("SELECT * FROM analytics_state").fetchone()
    if row is None:
        raise RuntimeError("analytics_state has lost its row")
    return row


def _change(conn: Connection, changed: LiteralString, ids: Sequence[UUID]) -> None:
    """Changes the facts of these tickets, and the sums by the difference, in one statement."""
    conn.execute(changed + _SUM, {"ids": list(ids)})
