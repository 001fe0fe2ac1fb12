"""Sums of a window and of the window before it, as figures with the tickets behind them."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from deskhand.analytics.days import mature, midnight, today
from deskhand.store import analytics
from deskhand.store.analytics import Divided
from deskhand.store.connection import Connection
from deskhand.store.daily_figures import AnalysisWindow

COUNTS = (
    *("created", "solved", "solved_first", "closed", "reopened", "triage_done", "triage_failed"),
    *("responded", "unanswered", "linked", "unlinked", "classified", "unattended"),
    *("review_asked", "review_decided", "breached", "warned", "warned_met"),
)
_SETTLED = ("response_met", "response_missed", "resolution_met", "resolution_missed")
_OPEN = ("response_open", "resolution_open")
_MATURING = ("solved", "solved_back", "triaged", "reassigned")


@dataclass(frozen=True)
class Pair:
    """A sum in the window and in the one before it."""

    now: int = 0
    before: int = 0

    def __add__(self, other: "Pair") -> "Pair":
        return Pair(self.now + other.now, self.before + other.before)

    def __sub__(self, other: "Pair") -> "Pair":
        return Pair(self.now - other.now, self.before - other.before)


type Numbers = dict[str, Pair]


def numbers(conn: Connection, asked: AnalysisWindow) -> dict[str, Numbers]:
    """Every count of the window by part, '' and all: `total` has them summed up."""
    by_part = _by_part(analytics.sums(conn, asked, list(COUNTS), asked.end))
    for part, found in promises(conn, asked, "priority").items():
        by_part[part].update(found)
    for part, found in _by_part(
        analytics.sums(conn, asked, list(_MATURING), mature(asked))
    ).items():
        for name in _MATURING:
            by_part[part][f"mature_{name}"] += found[name]
    for found in by_part.values():
        found["solved_again"] = found["solved"] - found["solved_first"]
        found["triage_running"] = found["created"] - found["triage_done"] - found["triage_failed"]
    return by_part


def promises(conn: Connection, asked: AnalysisWindow, by: Divided) -> dict[str, Numbers]:
    """Promises that were met and missed, by part; one that is open and late is missed."""
    suffix = "_by_item" if by == "item" else ""
    now = today(asked)
    rows = analytics.sums(conn, asked, [name + suffix for name in _SETTLED], asked.end)
    rows += analytics.sums(conn, asked, [name + suffix for name in _OPEN], now)
    if asked.start <= now < asked.end:
        rows += analytics.overdue_today(conn, asked, midnight(now, ZoneInfo(asked.zone)), by)
    for row in rows:
        row["figure"] = row["figure"].removesuffix(suffix).replace("_open", "_missed")
    return _by_part(rows)


def total(by_part: dict[str, Numbers]) -> Numbers:
    """The numbers of all parts together."""
    whole: Numbers = defaultdict(Pair)
    for found in by_part.values():
        for name, pair in found.items():
            whole[name] += pair
    return whole


def _by_part(rows: list[dict[str, Any]]) -> dict[str, Numbers]:
    found: dict[str, Numbers] = defaultdict(lambda: defaultdict(Pair))
    for row in rows:
        found[row["part"]][row["figure"]] += Pair(row["now"], row["before"])
    return found


def count(asked: AnalysisWindow, name: str, found: Numbers, **more: str) -> dict[str, Any]:
    """A count as a figure."""
    pair = found[name]
    return figure(pair.now, pair.now, pair.before, behind(asked, name, **more))


@dataclass(frozen=True)
class Share:
    """A share: the figure it is about, those it is a part of, and why it may be unknown."""

    part: str
    whole: tuple[str, ...]
    reason: str


def share(asked: AnalysisWindow, found: Numbers, wanted: Share, **more: str) -> dict[str, Any]:
    """A share as a figure: of nothing it is unknown."""
    part, whole = wanted.part, wanted.whole
    of = sum((found[name] for name in whole), Pair())
    return {
        **figure(
            _share(found[part].now, of.now),
            of.now,
            _share(found[part].before, of.before),
            behind(asked, part, **more),
        ),
        "reason": None if of.now else wanted.reason,
    }


def figure(
    value: float | None, n: int, before: float | None, behind: str | None = None
) -> dict[str, Any]:
    """A figure: its value, from how many, the value before and the difference to it."""
    known = value is not None and before is not None
    return {
        "value": _rounded(value),
        "n": n,
        "before": _rounded(before),
        "change": _rounded(value - before) if known else None,  # type: ignore[operator]
        "list": behind,
        "reason": None,
    }


def behind(asked: AnalysisWindow, name: str, **more: str) -> str:
    """The query string of `GET /tickets` for the tickets behind a figure."""
    name = name.removeprefix("mature_")
    until = asked.moments[1]
    if name in ("solved_back", "reassigned"):
        until = max(asked.moments[0], min(until, midnight(mature(asked), ZoneInfo(asked.zone))))
    moments = {"figure": name, "figure_from": _text(asked.moments[0]), "figure_to": _text(until)}
    return urlencode({**filters(asked), **moments, **more}, doseq=True)


def filters(asked: AnalysisWindow) -> dict[str, Any]:
    """The filters of the request, as they are written in a query string."""
    return {name: _written(value) for name, value in asked.filter.active_filters().items()}


def _written(value: object) -> object:
    if isinstance(value, bool):
        return str(value).lower()
    return _text(value) if isinstance(value, datetime) else value


def _text(moment: datetime) -> str:
    return moment.isoformat()


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _rounded(value: float | None) -> float | None:
    return value if value is None or isinstance(value, int) else round(value, 4)
