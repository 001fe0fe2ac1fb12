"""Medians and 90th percentiles: exact for few values, from buckets of 5 % for many."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, LiteralString

from deskhand.analytics.days import start_before
from deskhand.analytics.numbers import figure
from deskhand.store import analytics
from deskhand.store.connection import Connection
from deskhand.store.daily_figures import AnalysisWindow

# So many values are sorted within some milliseconds.
EXACT_MOST = 20_000
_GROWTH = 1.05
_QUANTILES = (0.5, 0.9)

type Points = tuple[int, list[float]]  # how many values, their median and 90th percentile


def durations(
    conn: Connection, asked: AnalysisWindow, figures: list[str], parts: Sequence[str] = ()
) -> dict[str, dict[str, Any]]:
    """Each duration of these priorities, '' for none; without `parts` of all together under ''."""
    rows = analytics.buckets(conn, asked, figures)
    exact = sum(row["now"] + row["before"] for row in rows) <= EXACT_MOST
    found = (_sorted if exact else _estimated)(conn, asked, figures, rows, bool(parts))
    made: dict[str, dict[str, Any]] = defaultdict(dict)
    for part in parts or ("",):
        for name in figures:
            now, before = (found.get((name, part, when), (0, [])) for when in ("now", "before"))
            made[part][name] = _shown(now, before, exact)
    return made


def _shown(now: Points, before: Points, exact: bool) -> dict[str, Any]:
    """Median and 90th percentile as figures; without values they are unknown."""
    made = {
        name: figure(
            now[1][place] if now[0] else None, now[0], before[1][place] if before[0] else None
        )
        for place, name in enumerate(("median", "p90"))
    }
    reason = None if now[0] else "no ticket has come so far in these days"
    for each in made.values():
        each["reason"] = reason
    return {"n": now[0], "exact": exact, "reason": reason, **made}


type Found = dict[tuple[str, str, str], Points]


def _sorted(
    conn: Connection, asked: AnalysisWindow, figures: list[str], _: object, by_part: bool
) -> Found:
    windows = {"now": asked.moments, "before": (start_before(asked), asked.moments[0])}
    part: LiteralString = "f.priority" if by_part else "''"
    return {
        (row["figure"], row["part"], when): (row["n"], row["points"])
        for when, within in windows.items()
        for row in analytics.percentiles(conn, asked, figures, within, part)
    }


def _estimated(
    conn: Connection,
    asked: AnalysisWindow,
    figures: list[str],
    rows: list[dict[str, Any]],
    by_part: bool,
) -> Found:
    counted: dict[tuple[str, str, str], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for row in rows:
        for when in ("now", "before"):
            counted[row["figure"], row["part"] if by_part else "", when][row["bucket"]] += row[when]
    return {
        key: (sum(by.values()), [_quantile(by, at) for at in _QUANTILES])
        for key, by in counted.items()
        if sum(by.values())
    }


def _quantile(by: dict[int, int], at: float) -> float:
    """The middle of the bucket in which the value of that rank lies: at most 2.5 % off."""
    rank, passed = at * sum(by.values()), 0
    for bucket in sorted(by):
        passed += by[bucket]
        if passed >= rank:
            break
    return float(_GROWTH ** (bucket + 0.5))
