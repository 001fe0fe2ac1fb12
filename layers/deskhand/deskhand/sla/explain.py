"""The answer to "why is this ticket due then?": each interval of its time, counted or skipped."""

from datetime import datetime, timedelta
from typing import Any

from deskhand.catalog.calendar import Calendar
from deskhand.sla.clock import Interval, due, elapsed, intervals
from deskhand.sla.history import STOPPED, History
from deskhand.sla.reckoning import reckon
from deskhand.sla.terms import Terms


def explain(
    history: History, terms: Terms, status: str, reached: int, now: datetime
) -> dict[str, Any]:
    """The clock at the moment `now`: its targets, what comes next, and all of its intervals."""
    ahead = reckon(history, terms, status, reached).ahead
    return {
        "as_of": now,
        "clock": _clock(history, terms, now),
        "calendar": terms.calendar and {
            "name": terms.calendar.name, "time_zone": terms.calendar.time_zone
        },
        "pauses_on": sorted(terms.pauses),
        "resolution": _resolution(history, terms, status, now),
        "first_response": _first_response(history, terms, now),
        "ahead": [{"level": stage.level, "at": stage.at} for stage in ahead],
        "intervals": [_told(each) for each in intervals(history, terms.calendar, now)],
    }  # fmt: skip


def _clock(history: History, terms: Terms, now: datetime) -> str:
    """Whether it runs now, and if not, why it stands."""
    phase = list(history.phases())[-1]
    if phase.stopped:
        return "stopped"
    if phase.paused:
        return "paused"
    last = list(intervals(history, terms.calendar, now))[-1:]
    return "running" if not last or last[0].counted else "outside hours"


def _resolution(
    history: History, terms: Terms, status: str, now: datetime
) -> dict[str, Any] | None:
    if terms.target is None:
        return None
    done = list(history.phases())[-1].start if status in STOPPED else None
    return _target(history, terms.calendar, terms.target, done, now)


def _first_response(history: History, terms: Terms, now: datetime) -> dict[str, Any] | None:
    if terms.response is None:
        return None
    done = history.responded_at
    state = _target(history, terms.calendar, terms.response, done, now)
    return {**state, "responded_at": done}


def _target(
    history: History,
    calendar: Calendar | None,
    target: timedelta,
    done: datetime | None,
    now: datetime,
) -> dict[str, Any]:
    used = elapsed(history, calendar, done or now)
    due_at = due(history, calendar, target)
    late = due_at is not None and (done or now) > due_at
    return {
        "target_seconds": target.total_seconds(),
        "elapsed_seconds": used.total_seconds(),
        "remaining_seconds": (target - used).total_seconds(),
        "due_at": due_at,
        "state": "breached" if late else ("met" if done else "open"),
    }


def _told(interval: Interval) -> dict[str, Any]:
    return {
        "from": interval.start,
        "to": interval.end,
        "seconds": interval.length.total_seconds(),
        "counted": interval.counted,
        "why": interval.why,
    }
