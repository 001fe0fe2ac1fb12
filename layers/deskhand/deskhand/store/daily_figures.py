"""The sums by day that /analytics reads: those of the desk, or those of a filter's tickets.

With a filter, `select` adds up the facts of its tickets once for all queries of an answer.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, LiteralString

from deskhand.store.connection import Connection
from deskhand.store.ticket_filter import Filter, condition

DURATIONS = (
    *("seconds_to_triage", "seconds_to_response", "wall_seconds_to_response"),
    *("seconds_to_resolution", "wall_seconds_to_resolution", "seconds_to_last_resolution"),
    "seconds_to_review",
)


type Selected = list[dict[str, Any]]


@dataclass(frozen=True)
class AnalysisWindow:
    """The days from `start` to before `end`, and from `before` to `start` those to compare with.

    Days begin by the clock of `zone`. All is counted up to `as_of`, if `complete`.
    """

    zone: str
    as_of: datetime
    complete: bool
    before: date
    start: date
    end: date
    moments: tuple[datetime, datetime]
    filter: Filter = field(default_factory=Filter)
    selected: Selected | None = None  # None: the figures of the whole desk

    @property
    def counted(self) -> tuple[datetime, datetime]:
        """The part of the window that is counted: what is read as it is now ends there too."""
        return self.moments[0], min(self.moments[1], self.as_of)


@contextmanager
def one_answer(conn: Connection) -> Iterator[None]:
    """A transaction in which every query sees the same moment, so that the figures agree."""
    with conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield


# So many tickets of a filter are added up within a second.
MOST_SELECTED = 10_000
_SELECTED: LiteralString = """
    FROM tickets t JOIN ticket_facts f ON f.ticket_id = t.id
    WHERE f.created_at < %(to)s AND touched_since(f, %(since)s) AND """


def select(
    conn: Connection, asked: AnalysisWindow, since: datetime, cuts: Sequence[date]
) -> Selected | None:
    """What the filtered tickets add to the figures from one of the sorted `cuts` to the next, which
    begin with the window before; None: there are more than MOST_SELECTED of them.

    `since` is the moment at which the first of these days begins.
    """
    where, values = condition(asked.filter)
    values |= {"since": since, "to": asked.moments[1], "zone": asked.zone}
    [found] = conn.execute(
        "SELECT count(*) AS n FROM (SELECT" + _SELECTED + where + " LIMIT %(most)s) AS few",
        {**values, "most": MOST_SELECTED + 1},
    ).fetchall()
    if found["n"] > MOST_SELECTED:
        return None
    return conn.execute(
        """
        SELECT g.figure, (%(cuts)s::date[])[width_bucket(g.day, %(cuts)s::date[])] AS day, g.part,
               g.bucket, count(*) AS n
        FROM (SELECT f"""
        + _SELECTED
        + where
        + """) AS few CROSS JOIN LATERAL figures_of(few.f, %(zone)s) AS g
        WHERE g.day >= (%(cuts)s::date[])[1] AND g.day < %(end)s
        GROUP BY g.figure, width_bucket(g.day, %(cuts)s::date[]), g.part, g.bucket
        """,
        {**values, "cuts": [*cuts], "end": asked.end},
    ).fetchall()


def in_windows(
    conn: Connection, asked: AnalysisWindow, query: LiteralString, figures: list[str], until: date
) -> list[dict[str, Any]]:
    """The query over `chosen`: the sums of these figures in both windows."""
    windows = ((asked.before, min(asked.start, until)), (asked.start, until))
    in_weeks = asked.selected is None and all(
        name in DURATIONS or name.endswith(_IN_WEEKS) for name in figures
    )
    ranges = [each for window in windows for each in _ranges(*window, in_weeks=in_weeks)]
    prefixes, firsts, lasts = ([*each] for each in zip(*ranges, strict=True))
    return rows_of(
        conn, asked, _CHOSEN + query,
        figures=figures, prefixes=prefixes, firsts=firsts, lasts=lasts,
    )  # fmt: skip


# OFFSET 0 makes the planner look up each range in the index, instead of reading all sums.
_CHOSEN: LiteralString = """
    , chosen AS (
        SELECT asked.name AS figure, found.day, found.part, found.bucket, found.n
        FROM unnest(%(prefixes)s::text[], %(firsts)s::date[], %(lasts)s::date[])
                 AS range(prefix, first, last)
        CROSS JOIN unnest(%(figures)s::text[]) AS asked(name)
        CROSS JOIN LATERAL (
            SELECT * FROM source WHERE source.figure = range.prefix || asked.name
                AND source.day >= range.first AND source.day < range.last OFFSET 0
        ) AS found
    )
"""
# `sums_of` adds these up by week too; there are many rows of each day.
_IN_WEEKS = ("_by_item", "solved_by", "responses_by")


def _ranges(first: date, last: date, *, in_weeks: bool) -> list[tuple[str, date, date]]:
    """The days of a window as ranges of days and of whole weeks, each with its prefix."""
    monday = first + timedelta(days=-first.weekday() % 7)
    end = last - timedelta(days=last.weekday())
    if not in_weeks or monday >= end:
        return [("", first, last)]
    return [("", first, monday), ("week_", monday, end), ("", end, last)]


def rows_of(
    conn: Connection,
    asked: AnalysisWindow,
    query: LiteralString,
    *,
    figures: list[str],
    **more: Any,
) -> list[dict[str, Any]]:
    """The query over `source`: these figures of the desk, or what the selected tickets add."""
    days = {"before": asked.before, "start": asked.start, "end": asked.end, "figures": figures}
    if asked.selected is None:
        return conn.execute(_SUMS + query, {**days, **more}).fetchall()
    rows = [row for row in asked.selected if row["figure"] in figures]
    columns = {f"of_{name}": [row[name] for row in rows] for name in _COLUMNS}
    return conn.execute(_PASSED + query, {**days, **columns, **more}).fetchall()


_COLUMNS = ("figure", "day", "part", "bucket", "n")
_SUMS: LiteralString = "WITH source AS (SELECT * FROM daily_figures)"
_PASSED: LiteralString = """
    WITH source AS (
        SELECT * FROM unnest(%(of_figure)s::text[], %(of_day)s::date[], %(of_part)s::text[],
                             %(of_bucket)s::smallint[], %(of_n)s::bigint[])
                          AS passed(figure, day, part, bucket, n)
    )
"""
