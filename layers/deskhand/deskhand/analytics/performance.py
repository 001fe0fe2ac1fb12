"""`GET /analytics/performance`: how long things take, which promises are kept, and by whom."""

from typing import Any

from deskhand.analytics.durations import durations
from deskhand.analytics.numbers import numbers, promises, total
from deskhand.analytics.summary import attainments, heading
from deskhand.api.caller import Caller
from deskhand.store import analytics
from deskhand.store.connection import Connection
from deskhand.store.daily_figures import DURATIONS, AnalysisWindow


def performance(conn: Connection, asked: AnalysisWindow, caller: Caller) -> dict[str, Any]:
    """Durations, promises by item of the catalog, and the work of people."""
    found = total(numbers(conn, asked))
    return {
        **heading(asked),
        "durations": durations(conn, asked, list(DURATIONS))[""],
        "promises": attainments(asked, found),
        "promises_by_item": _items(conn, asked),
        "people": _people(conn, asked, caller),
    }


def _items(conn: Connection, asked: AnalysisWindow) -> list[dict[str, Any]]:
    """Promises by item; no list selects the tickets of one."""
    return [
        {
            "item": item or None,
            **{name: {**each, "list": None} for name, each in attainments(asked, counts).items()},
            **{f"{name}_{state}": counts[f"{name}_{state}"].now
               for name in ("response", "resolution") for state in ("met", "missed")},
        }
        for item, counts in sorted(promises(conn, asked, "item").items())
    ]  # fmt: skip


def _people(conn: Connection, asked: AnalysisWindow, caller: Caller) -> list[dict[str, Any]]:
    """Solutions, first responses and corrections; agents see their own only."""
    found: dict[str, dict[str, int]] = {}
    rows = analytics.sums(conn, asked, ["solved_by", "responses_by"], asked.end)
    rows += [
        {"part": actor, "figure": "corrections", "now": n}
        for actor, n in analytics.corrections(conn, asked).items()
    ]
    names = {"solved_by": "solved", "responses_by": "first_responses"}
    for row in rows:
        person = found.setdefault(
            row["part"], {"solved": 0, "first_responses": 0, "corrections": 0}
        )
        person[names.get(row["figure"], row["figure"])] += row["now"]
    return [
        {"person": actor, **counts}
        for actor, counts in sorted(found.items())
        if caller.role == "admin" or actor == caller.id
    ]
