"""`GET /analytics/performance`: how long things take, which promises are kept, and by whom."""

from typing import Any

from deskhand.analytics.durations import DURATIONS, durations
from deskhand.analytics.numbers import numbers, total
from deskhand.analytics.summary import attainments, heading
from deskhand.api.caller import Caller
from deskhand.store import analytics
from deskhand.store.analytics import Asked
from deskhand.store.connection import Connection

_ITEMS = ["resolution_met_by_item", "resolution_missed_by_item",
          "response_met_by_item", "response_missed_by_item"]  # fmt: skip


def performance(conn: Connection, asked: Asked, caller: Caller) -> dict[str, Any]:
    """Durations, promises by item of the catalog, and the work of people."""
    found = total(numbers(conn, asked))
    return {
        **heading(asked),
        "durations": durations(conn, asked, list(DURATIONS))[""],
        "promises": attainments(asked, found),
        "promises_by_item": _items(conn, asked),
        "people": _people(conn, asked, caller),
    }


def _items(conn: Connection, asked: Asked) -> list[dict[str, Any]]:
    """Promises that are settled, by item; those that are open and late are not among them."""
    found: dict[str, dict[str, int]] = {}
    for row in analytics.sums(conn, asked, _ITEMS, asked.end):
        item = found.setdefault(row["part"], dict.fromkeys(_ITEMS, 0))
        item[row["figure"]] += row["now"]
    return [
        {"item": item, **{name.removesuffix("_by_item"): n for name, n in counts.items()}}
        for item, counts in sorted(found.items())
    ]


def _people(conn: Connection, asked: Asked, caller: Caller) -> list[dict[str, Any]]:
    """Solutions, first responses and corrections; agents see their own only."""
    found: dict[str, dict[str, int]] = {}
    corrected = analytics.corrections(conn, *asked.moments)
    rows = analytics.sums(conn, asked, ["solved_by", "responses_by"], asked.end)
    rows += [
        {"part": actor, "figure": "corrections", "now": n}
        for actor, n in ({} if asked.filter else corrected).items()
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
