"""Reads the figures of /analytics: from the sums by day, and some from the facts themselves."""

from datetime import date, datetime
from typing import Any, Literal, LiteralString

from deskhand.store.connection import Connection
from deskhand.store.daily_figures import AnalysisWindow, in_windows, rows_of
from deskhand.store.figures import BEHIND
from deskhand.store.ticket_filter import condition

type Divided = Literal["priority", "item"]
_PARTS: dict[Divided, LiteralString] = {
    "priority": "f.priority",
    "item": "f.category || ' / ' || f.request_type",
}
# How each flow changes the number of open tickets.
FLOWS = {"created": 1, "reopened": 1, "solved": -1, "closed": -1, "deleted": -1}
GONE = "gone_"  # flows of tickets that have been deleted since


def state(conn: Connection) -> dict[str, Any]:
    """The zone of the days, until when all is counted, and whether old tickets still wait."""
    row = conn.execute(
        """
        SELECT time_zone, coalesce(folded_at, now()) AS as_of, folded_at IS NOT NULL AS counted,
               unfilled IS NULL AND unshifted IS NULL AS complete
        FROM analytics_state
        """
    ).fetchone()
    return row or {}


def sums(
    conn: Connection, asked: AnalysisWindow, figures: list[str], until: date
) -> list[dict[str, Any]]:
    """Each figure by part: its sum before `until` in the window, and in the one before it."""
    return in_windows(
        conn,
        asked,
        """
        SELECT figure, part, coalesce(sum(n) FILTER (WHERE day >= %(start)s), 0)::bigint AS now,
               coalesce(sum(n) FILTER (WHERE day < %(start)s), 0)::bigint AS before
        FROM chosen WHERE bucket = -1 GROUP BY figure, part
        """,
        figures,
        min(until, asked.end),
    )


def by_day(conn: Connection, asked: AnalysisWindow, figures: list[str]) -> list[dict[str, Any]]:
    """The sum of each figure on each day of the window that has any."""
    return rows_of(
        conn,
        asked,
        """
        SELECT day, figure, sum(n)::bigint AS n FROM source
        WHERE figure = ANY (%(figures)s) AND bucket = -1 AND day >= %(start)s AND day < %(end)s
        GROUP BY day, figure
        """,
        figures=figures,
    )


def stocks(conn: Connection, asked: AnalysisWindow) -> list[dict[str, Any]]:
    """Open tickets by priority at the beginning of the window before, of the window, at its end."""
    flows = [*FLOWS, *(GONE + name for name in FLOWS)]
    signs = [*FLOWS.values()] * 2
    if asked.selected is None:
        return rows_of(conn, asked, _STOCKS, figures=flows, signs=signs)
    where, values = condition(asked.filter)
    values |= {"figure_from": asked.moments[0], "figure_to": asked.moments[1], "signs": signs}
    return rows_of(conn, asked, _COUNTED_BACK + where + _MOVED, figures=flows, **values)


_STOCKS: LiteralString = """
    SELECT part, coalesce(sum(n * sign) FILTER (WHERE day < %(before)s), 0)::bigint AS earlier,
           coalesce(sum(n * sign) FILTER (WHERE day < %(start)s), 0)::bigint AS before,
           coalesce(sum(n * sign), 0)::bigint AS now
    FROM source JOIN unnest(%(figures)s::text[], %(signs)s::int[]) AS flow(name, sign)
         ON figure = flow.name
    WHERE figure = ANY (%(figures)s) AND bucket = -1 AND day < %(end)s GROUP BY part
"""
# Of a filter only the days of both windows are added up: the open tickets at the end are counted,
# and those of before follow from what moved.
_COUNTED_BACK: LiteralString = (
    """
    , opened AS (
        SELECT coalesce(f.priority, '') AS part, count(*) AS now
        FROM tickets t JOIN ticket_facts f ON f.ticket_id = t.id WHERE """
    + BEHIND["open"]
    + " AND "
)
_MOVED: LiteralString = """ GROUP BY 1
    ), moved AS (
        SELECT part, sum(n * sign) AS in_both,
               coalesce(sum(n * sign) FILTER (WHERE day >= %(start)s), 0) AS in_window
        FROM source JOIN unnest(%(figures)s::text[], %(signs)s::int[]) AS flow(name, sign)
             ON figure = flow.name
        WHERE figure = ANY (%(figures)s) AND bucket = -1 AND day < %(end)s GROUP BY part
    )
    SELECT part, (coalesce(now, 0) - coalesce(in_both, 0))::bigint AS earlier,
           (coalesce(now, 0) - coalesce(in_window, 0))::bigint AS before, coalesce(now, 0) AS now
    FROM opened FULL JOIN moved USING (part)
"""


def overdue_today(
    conn: Connection, asked: AnalysisWindow, midnight: datetime, by: Divided
) -> list[dict[str, Any]]:
    """Promises that fell due since `midnight` and are still open, by target and part."""
    where, values = condition(asked.filter)
    return conn.execute(
        "SELECT target || '_open' AS figure, coalesce(" + _PARTS[by] + ", '') AS part,"
        """
               count(*) AS now, 0 AS before
        FROM """
        + _facts(asked)
        + """ CROSS JOIN LATERAL (VALUES
            ('resolution', f.resolution_promised AND f.done_at IS NULL, f.due_at),
            ('response', f.response_promised AND f.responded_at IS NULL, f.response_due_at)
        ) AS promise(target, is_open, due)
        WHERE (f.due_at >= %(midnight)s AND f.due_at < %(as_of)s
               OR f.response_due_at >= %(midnight)s AND f.response_due_at < %(as_of)s)
          AND due >= %(midnight)s AND due < %(as_of)s
          AND is_open AND NOT f.duplicate AND f.deleted_at IS NULL AND """
        + where
        + " GROUP BY 1, 2",
        {**values, "midnight": midnight, "as_of": asked.as_of},
    ).fetchall()


def buckets(conn: Connection, asked: AnalysisWindow, figures: list[str]) -> list[dict[str, Any]]:
    """How many durations of each part lie in each bucket, in the window and in the one before."""
    return in_windows(
        conn,
        asked,
        """
        SELECT figure, part, bucket, coalesce(sum(n) FILTER (WHERE day >= %(start)s), 0)::bigint
                   AS now,
               coalesce(sum(n) FILTER (WHERE day < %(start)s), 0)::bigint AS before
        FROM chosen WHERE bucket >= 0 AND n > 0 GROUP BY figure, part, bucket
        """,
        figures,
        asked.end,
    )


_LASTING: LiteralString = """
    CROSS JOIN LATERAL durations_of(f) AS d
    WHERE (f.created_at >= %(from)s AND f.created_at < %(to)s
           OR f.solved_at[1] >= %(from)s AND f.solved_at[1] < %(to)s
           OR f.solved_at[array_upper(f.solved_at, 1)] >= %(from)s
              AND f.solved_at[array_upper(f.solved_at, 1)] < %(to)s
           OR f.review_asked_at >= %(from)s AND f.review_asked_at < %(to)s)
      AND d.at >= %(from)s AND d.at < %(to)s AND d.figure = ANY (%(figures)s) AND """


def percentiles(
    conn: Connection,
    asked: AnalysisWindow,
    figures: list[str],
    within: tuple[datetime, datetime],
    part: LiteralString,
) -> list[dict[str, Any]]:
    """Number, median and 90th percentile of durations by `part`, an expression over facts `f`."""
    where, values = condition(asked.filter)
    return conn.execute(
        "SELECT d.figure, coalesce(" + part + ", '') AS part, count(*) AS n,"
        " percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY d.seconds) AS points"
        + " FROM " + _facts(asked) + _LASTING + where + " GROUP BY 1, 2",
        {**values, "figures": figures, "from": within[0], "to": within[1]},
    ).fetchall()  # fmt: skip


def ages(conn: Connection, asked: AnalysisWindow) -> list[dict[str, Any]]:
    """The open tickets now by age (0: below a day, then from 1, 3, 7, 14 and 30 days on)."""
    where, values = condition(asked.filter)
    return conn.execute(
        """
        SELECT width_bucket(extract(epoch FROM %(as_of)s - f.created_at)::float8 / 86400,
                            ARRAY[1, 3, 7, 14, 30]::float8[]) AS age, count(*) AS n,
               min(f.created_at) AS oldest,
               count(*) FILTER (WHERE f.status = 'pending') AS waiting_for_customer
        FROM """
        + _facts(asked)
        + " WHERE f.done_at IS NULL AND f.deleted_at IS NULL AND "
        + where
        + " GROUP BY age ORDER BY age",
        {**values, "as_of": asked.as_of},
    ).fetchall()


def _facts(asked: AnalysisWindow) -> LiteralString:
    """The facts `f`; with a filter those of the tickets `t` that it is about."""
    joined: LiteralString = " JOIN tickets t ON t.id = f.ticket_id" if asked.filter else ""
    return "ticket_facts f" + joined


def levels(conn: Connection, asked: AnalysisWindow) -> list[dict[str, Any]]:
    """How many tickets reached each level of a breach in the window."""
    where, values = condition(asked.filter)
    return conn.execute(
        "SELECT e.level, count(*) AS n FROM escalations e JOIN tickets t ON t.id = e.ticket_id"
        " WHERE e.at >= %(from)s AND e.at < %(to)s AND e.level > 0 AND "
        + where + " GROUP BY e.level ORDER BY e.level",
        {**values, "from": asked.counted[0], "to": asked.counted[1]},
    ).fetchall()  # fmt: skip


def model_calls(conn: Connection, since: datetime, until: datetime) -> dict[str, Any]:
    """Calls of models between two moments, and what they cost as far as the price is known."""
    row = conn.execute(
        """
        SELECT count(*) AS calls, count(*) FILTER (WHERE cost_usd IS NULL) AS unpriced,
               count(*) FILTER (WHERE cached) AS cached,
               count(*) FILTER (WHERE fallback) AS fallback,
               coalesce(sum(cost_usd), 0)::float8 AS cost_usd
        FROM model_calls WHERE started_at >= %(since)s AND started_at < %(until)s
        """,
        {"since": since, "until": until},
    ).fetchone()
    return row or {}


def latencies(conn: Connection, since: datetime, until: datetime, most: int) -> dict[str, Any]:
    """Median and 90th percentile in milliseconds of the newest `most` answers of models between
    two moments; those from the cache are none."""
    row = conn.execute(
        """
        SELECT count(*) AS n,
               percentile_cont(ARRAY[0.5, 0.9]) WITHIN GROUP (ORDER BY latency_ms) AS points
        FROM (SELECT latency_ms FROM model_calls
              WHERE started_at >= %(since)s AND started_at < %(until)s
                    AND outcome = 'ok' AND NOT cached
              ORDER BY started_at DESC LIMIT %(most)s) AS newest
        """,
        {"since": since, "until": until, "most": most},
    ).fetchone()
    return row or {}


def corrections(conn: Connection, asked: AnalysisWindow) -> dict[str, int]:
    """How many corrections of the tickets each person made in the window."""
    where, values = condition(asked.filter)
    of_tickets: LiteralString = (
        " AND c.ticket_id IN (SELECT t.id FROM tickets t WHERE " + where + ")"
        if asked.filter
        else ""
    )
    rows = conn.execute(
        "SELECT c.actor, count(*) AS n FROM corrections c WHERE c.at >= %(since)s"
        " AND c.at < %(until)s" + of_tickets + " GROUP BY c.actor",
        {**values, "since": asked.counted[0], "until": asked.counted[1]},
    ).fetchall()
    return {row["actor"]: row["n"] for row in rows}
