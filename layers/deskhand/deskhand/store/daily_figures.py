"""The sums by day that /analytics reads: those of the desk, or those of a filter's tickets.

With a filter, `select` adds up the facts of its tickets once, in the transaction of the request.
"""

from collections.abc import Iterator
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


@dataclass(frozen=True)
class Asked:
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
MOST_SELECTED = 20_000
_SELECTED: LiteralString = """
    FROM tickets t JOIN ticket_facts f ON f.ticket_id = t.id
    WHERE f.created_at < %(to)s AND touched_since(f, %(since)s) AND """


def select(conn: Connection, asked: Asked, since: datetime) -> bool:
    """Adds up what the filtered tickets count for on the days from `since` on; False: there are
    more than MOST_SELECTED. The caller has a transaction, and the sums end with it."""
    where, values = condition(asked.filter)
    values |= {"since": since, "to": asked.moments[1], "before": asked.before, "zone": asked.zone}
    [found] = conn.execute(
        "SELECT count(*) AS n FROM (SELECT" + _SELECTED + where + " LIMIT %(most)s) AS few",
        {**values, "most": MOST_SELECTED + 1},
    ).fetchall()
    if found["n"] > MOST_SELECTED:
        return False
    conn.execute("CREATE TEMP TABLE selected_figures (LIKE daily_figures) ON COMMIT DROP")
    conn.execute(
        "INSERT INTO selected_figures (figure, day, part, bucket, n)"
        " SELECT g.figure, g.day, g.part, g.bucket, count(*) FROM (SELECT f"
        + _SELECTED
        + where
        + ") AS few CROSS JOIN LATERAL sums_of(few.f, %(zone)s) AS g WHERE g.day >= %(before)s"
        " GROUP BY g.figure, g.day, g.part, g.bucket",
        values,
    )
    return True


_SOURCES: dict[bool, LiteralString] = {
    False: "WITH source AS (SELECT * FROM daily_figures) ",
    True: "WITH source AS (SELECT * FROM selected_figures) ",
}


def in_windows(
    conn: Connection, asked: Asked, query: LiteralString, figures: list[str], until: date
) -> list[dict[str, Any]]:
    """The query over `chosen`: the sums of these figures in both windows."""
    windows = ((asked.before, min(asked.start, until)), (asked.start, until))
    in_weeks = all(name in DURATIONS or name.endswith(_IN_WEEKS) for name in figures)
    ranges = [each for window in windows for each in _ranges(*window, in_weeks=in_weeks)]
    prefixes, firsts, lasts = ([*each] for each in zip(*ranges, strict=True))
    return rows_of(
        conn, asked, _CHOSEN + query,
        figures=figures, prefixes=prefixes, firsts=firsts, lasts=lasts,
    )  # fmt: skip


_CHOSEN: LiteralString = """
    , chosen AS (
        SELECT asked.name AS figure, source.day, source.part, source.bucket, source.n
        FROM unnest(%(prefixes)s::text[], %(firsts)s::date[], %(lasts)s::date[])
                 AS range(prefix, first, last)
        CROSS JOIN unnest(%(figures)s::text[]) AS asked(name)
        JOIN source ON source.figure = range.prefix || asked.name
                       AND source.day >= range.first AND source.day < range.last
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
    conn: Connection, asked: Asked, query: LiteralString, **more: Any
) -> list[dict[str, Any]]:
    """The query over `source`: the daily sums, or what the selected tickets add to them."""
    days = {"before": asked.before, "start": asked.start, "end": asked.end}
    source = _SOURCES[bool(asked.filter)]
    return conn.execute(source + query, {**days, **more}).fetchall()
