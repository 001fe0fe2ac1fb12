"""`GET /analytics/summary`: the window in numbers, each beside the window before."""

from datetime import datetime
from typing import Any

from deskhand.analytics.days import start_before
from deskhand.analytics.durations import EXACT_MOST
from deskhand.analytics.numbers import (
    Numbers,
    Pair,
    Share,
    behind,
    count,
    figure,
    numbers,
    share,
    total,
)
from deskhand.store import analytics
from deskhand.store.analytics import FLOWS, GONE
from deskhand.store.connection import Connection
from deskhand.store.daily_figures import AnalysisWindow

_COUNTS = (
    *("created", "solved", "solved_first", "solved_again", "closed", "reopened", "triage_done"),
    *("triage_running", "triage_failed", "unanswered", "review_asked", "review_decided"),
    *("linked", "breached"),
)
_NONE = "no such ticket in these days"
_SHARES = {
    "reopened_share": Share(
        "mature_solved_back", ("mature_solved",), "nothing was solved at least 7 days ago"
    ),
    "reassigned_share": Share(
        "mature_reassigned", ("mature_triaged",), "nothing was triaged at least 7 days ago"
    ),
    "coverage": Share("unattended", ("classified",), _NONE),
    "linked_share": Share("linked", ("created",), _NONE),
    "unlinked_share": Share("unlinked", ("linked",), "no ticket was linked to another one"),
    "warnings_met": Share("warned_met", ("warned",), "no ticket was warned about"),
    **{
        f"{target}_attainment": Share(
            f"{target}_met", (f"{target}_met", f"{target}_missed"), "no promise fell due"
        )
        for target in ("resolution", "response")
    },
}
# What becomes of a draft.
_DRAFTS = ("drafts_sent_unchanged", "drafts_edited", "drafts_discarded", "drafts_edit_size")
_UNSENT = "replies are not sent by Deskhand, so nobody can tell"
_AGES = ("below 1 day", "1 to 3", "3 to 7", "7 to 14", "14 to 30", "30 and more")
_UNKNOWN = {"value": None, "n": 0, "before": None, "change": None, "list": None}


def summary(conn: Connection, asked: AnalysisWindow) -> dict[str, Any]:
    """Counts and shares of the window, its backlog, and what models cost."""
    by_part = numbers(conn, asked)
    found = total(by_part)
    return {
        **heading(asked),
        "figures": {
            **{name: count(asked, name, found) for name in _COUNTS},
            **{name: share(asked, found, wanted) for name, wanted in _SHARES.items()},
            **{name: {**_UNKNOWN, "reason": _UNSENT} for name in _DRAFTS},
        },
        "created_by": _created_by(conn, asked, by_part),
        "backlog": _backlog(conn, asked),
        "breaches_by_level": analytics.levels(conn, asked),
        "models": _models(conn, asked, found),
    }  # fmt: skip


def heading(asked: AnalysisWindow) -> dict[str, Any]:
    """What every answer of /analytics begins with."""
    return {
        "time_zone": asked.zone,
        "as_of": asked.as_of,
        "complete": asked.complete,
        "from": asked.start.isoformat(),
        "to": asked.end.isoformat(),
        "before": asked.before.isoformat(),
        "is_partial": asked.moments[1] > asked.as_of,
    }


def attainments(asked: AnalysisWindow, found: Numbers, **more: str) -> dict[str, Any]:
    """Both promises as shares of those that were met or fell due."""
    return {
        target: share(asked, found, _SHARES[f"{target}_attainment"], **more)
        for target in ("response", "resolution")
    }


def _created_by(
    conn: Connection, asked: AnalysisWindow, by_part: dict[str, Numbers]
) -> dict[str, Any]:
    labels = ("kind", "channel", "category")
    rows = analytics.sums(conn, asked, [f"created_by_{label}" for label in labels], asked.end)
    found: dict[str, list[dict[str, Any]]] = {label: [] for label in labels}
    for row in sorted(rows, key=lambda row: (-row["now"], row["part"])):
        label = row["figure"].removeprefix("created_by_")
        found[label].append(_part(asked, label, row["part"], Pair(row["now"], row["before"])))
    found["priority"] = [
        _part(asked, "priority", part, pairs["created"]) for part, pairs in sorted(by_part.items())
    ]
    return found


def _part(asked: AnalysisWindow, label: str, value: str, pair: Pair) -> dict[str, Any]:
    listed = behind(asked, "created", **{label: value}) if value else None
    return {"part": value or None, **figure(pair.now, pair.now, pair.before, listed)}


def _backlog(conn: Connection, asked: AnalysisWindow) -> dict[str, Any]:
    """The open tickets at the end of the window, how they came about, and their age now."""
    rows = analytics.stocks(conn, asked)
    before, now = (sum(row[moment] for row in rows) for moment in ("before", "now"))
    groups = analytics.ages(conn, asked)
    by_age = {row["age"]: row["n"] for row in groups}
    waiting = sum(row["waiting_for_customer"] for row in groups)
    return {
        **figure(now, now, before, behind(asked, "open")),
        "balance": {"from": before, **flows(conn, asked), "to": now},
        "ages": [{"days": name, "n": by_age.get(age, 0)} for age, name in enumerate(_AGES)],
        "oldest": min((row["oldest"] for row in groups), default=None),
        "waiting_for_customer": waiting,
        "waiting_for_us": sum(by_age.values()) - waiting,
    }


def flows(conn: Connection, asked: AnalysisWindow) -> dict[str, int]:
    """What changed the number of open tickets; a deleted ticket counts until it was deleted."""
    names = [*FLOWS, *(GONE + name for name in FLOWS)]
    rows = analytics.sums(conn, asked, names, asked.end)
    found = dict.fromkeys(FLOWS, 0)
    for row in rows:
        found[row["figure"].removeprefix(GONE)] += row["now"]
    return found


def _models(conn: Connection, asked: AnalysisWindow, found: Numbers) -> dict[str, Any]:
    """Calls, costs and latencies; where these are unknown, `reason` of each says why."""
    if asked.filter:
        names = ("calls", "unpriced", "cost_usd", "cost_of_1000_triaged", "cached_share",
                 "fallback_share", "latency_ms_median", "latency_ms_p90")  # fmt: skip
        reason = "calls of models are not divided by the fields of tickets"
        return {name: {**_UNKNOWN, "reason": reason} for name in names}
    now, before = (
        _of_calls(conn, since, until, triaged)
        for since, until, triaged in (
            (*asked.counted, found["triage_done"].now),
            (start_before(asked), asked.moments[0], found["triage_done"].before),
        )
    )
    return {
        name: {**figure(value, n, before[name][0]), "reason": None if value is not None else why}
        for name, (value, n, why) in now.items()
    }


type _Of = dict[str, tuple[float | None, int, str]]  # value, from how many, why it may be unknown


def _of_calls(conn: Connection, since: datetime, until: datetime, triaged: int) -> _Of:
    counted = analytics.model_calls(conn, since, until)
    latency = analytics.latencies(conn, since, until, EXACT_MOST)
    calls, answers = counted["calls"], latency["n"]
    median, p90 = latency["points"] or (None, None)
    of_triaged = counted["cost_usd"] / triaged * 1000 if triaged else None
    none, silent = "no model was called in these days", "no model answered in these days"
    return {
        "calls": (calls, calls, none),
        "unpriced": (counted["unpriced"], calls, none),
        "cost_usd": (counted["cost_usd"], calls, none),
        "cost_of_1000_triaged": (of_triaged, triaged, _NONE),
        "cached_share": (counted["cached"] / calls if calls else None, calls, none),
        "fallback_share": (counted["fallback"] / calls if calls else None, calls, none),
        "latency_ms_median": (median, answers, silent),
        "latency_ms_p90": (p90, answers, silent),
    }
