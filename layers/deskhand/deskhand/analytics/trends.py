"""`GET /analytics/trends`: the window day by day, or week by week."""

from datetime import date, datetime, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field

from deskhand.analytics import api
from deskhand.analytics.days import midnight
from deskhand.analytics.summary import heading
from deskhand.store import analytics
from deskhand.store.analytics import FLOWS, GONE
from deskhand.store.connection import Connection
from deskhand.store.daily_figures import AnalysisWindow

_FIGURES = (*FLOWS, *(GONE + name for name in FLOWS))


class TrendsParameters(api.AnalyticsParameters):
    """The query parameters of `GET /analytics/trends`."""

    by: Literal["day", "week"] = Field("day", description="Weeks begin on Monday")


def trends(conn: Connection, asked: AnalysisWindow, by: str) -> dict[str, Any]:
    """What came in, what was done and what was open, without gaps."""
    found: dict[date, dict[str, int]] = {}
    for row in analytics.by_day(conn, asked, list(_FIGURES)):
        key = _first_day(row["day"], asked.start, by)
        flows = found.setdefault(key, dict.fromkeys(FLOWS, 0))
        flows[row["figure"].removeprefix(GONE)] += row["n"]
    opened = sum(row["before"] for row in analytics.stocks(conn, asked))
    rows = []
    for start, end in _buckets(asked, by):
        flows = found.get(start, dict.fromkeys(FLOWS, 0))
        opened += sum(sign * flows[name] for name, sign in FLOWS.items())
        partial = _is_partial(asked, start, end, by)
        rows.append({"from": start.isoformat(), "to": end.isoformat(), "is_partial": partial,
                     **flows, "backlog": opened})  # fmt: skip
    return {**heading(asked), "by": by, "buckets": rows}


def _first_day(day: date, start: date, by: str) -> date:
    return max(start, day - timedelta(days=day.weekday())) if by == "week" else day


def _buckets(asked: AnalysisWindow, by: str) -> list[tuple[date, date]]:
    days = [asked.start + timedelta(days=n) for n in range((asked.end - asked.start).days)]
    starts = sorted({_first_day(day, asked.start, by) for day in days})
    return list(zip(starts, [*starts[1:], asked.end], strict=True))


def _is_partial(asked: AnalysisWindow, start: date, end: date, by: str) -> bool:
    """Whether time of the bucket lies outside the window, or still ahead."""
    ends: datetime = midnight(end, ZoneInfo(asked.zone))
    return ends > asked.as_of or (by == "week" and (end - start).days < 7)
