"""`GET /analytics/priorities`: the window by priority."""

from typing import Any

from deskhand.analytics.durations import durations
from deskhand.analytics.numbers import behind, count, figure, numbers
from deskhand.analytics.summary import attainments, heading
from deskhand.store import analytics
from deskhand.store.connection import Connection
from deskhand.store.daily_figures import AnalysisWindow
from deskhand.ticket import LEVELS

_DURATIONS = ["seconds_to_response", "seconds_to_resolution"]


def priorities(conn: Connection, asked: AnalysisWindow) -> dict[str, Any]:
    """What came in and was done by the priority that tickets have now; null: none yet."""
    found = numbers(conn, asked)
    parts = (*reversed(LEVELS), "")
    took = durations(conn, asked, _DURATIONS, parts)
    stocks = {row["part"]: row for row in analytics.stocks(conn, asked)}
    rows = []
    for part in parts:
        more = {"priority": part} if part else {}
        stock = stocks.get(part, {"now": 0, "before": 0})
        counts = {
            name: count(asked, name, found[part], **more)
            for name in ("created", "solved", "reopened", "breached")
        }
        opened = figure(stock["now"], stock["now"], stock["before"], behind(asked, "open", **more))
        rows.append(
            {
                "priority": part or None,
                **counts,
                "backlog": opened,
                **attainments(asked, found[part], **more),
                **{name: took[part][name] for name in _DURATIONS},
            }
        )
    for row in rows:
        if row["priority"] is None:
            # No filter selects tickets without a priority.
            for each in row.values():
                if isinstance(each, dict) and "list" in each:
                    each["list"] = None
    return {**heading(asked), "priorities": rows}
