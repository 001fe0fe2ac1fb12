"""The answer to "why is this ticket due then?": each interval of its time, counted or skipped."""

from collections import deque
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from deskhand.sla.clock import Clock, Interval
from deskhand.sla.clock_history import STOPPED, ClockHistory
from deskhand.sla.schedule import schedule_of
from deskhand.sla.sentence import sentence
from deskhand.sla.terms import SlaTerms

# Limit for the past and for the future each: a function's answer must stay below 6 MB.
MOST_INTERVALS = 1000


def explain(
    history: ClockHistory, terms: SlaTerms, status: str, reached: int, now: datetime
) -> dict[str, Any]:
    """The clock at the moment `now`: its targets, what comes next, and all of its intervals."""
    found = schedule_of(history, terms, status, reached)
    clock = Clock(history, terms.calendar)
    until = found.due_at if found.due_at and status not in STOPPED else now
    past = deque(clock.intervals(history.started_at, now), MOST_INTERVALS + 1)
    ahead = list(islice(clock.intervals(now, until), MOST_INTERVALS + 1))
    return {
        "as_of": now,
        "sentence": sentence(clock, terms, now, ahead),
        "clock": _state(clock, past),
        "calendar": terms.calendar and {
            "name": terms.calendar.name, "time_zone": terms.calendar.time_zone
        },
        "pauses_on": sorted(terms.pauses),
        "rule": terms.rule and asdict(terms.rule),
        "resolution": _resolution(clock, terms, status, now),
        "first_response": _first_response(clock, terms, now),
        "ahead": [{"level": stage.level, "at": stage.at} for stage in found.ahead],
        "intervals": [_told(each) for each in list(past)[-MOST_INTERVALS:]],
        "intervals_ahead": [_told(each) for each in ahead[:MOST_INTERVALS]],
        "intervals_complete": max(len(past), len(ahead)) <= MOST_INTERVALS,
    }  # fmt: skip


def _state(clock: Clock, past: Sequence[Interval]) -> str:
    """Whether the clock runs now, and if not, why it is stopped."""
    phase = clock.history.phases[-1]
    if phase.stopped:
        return "stopped"
    if phase.paused:
        return "paused"
    return "running" if not past or past[-1].counted else "outside hours"


def _resolution(clock: Clock, terms: SlaTerms, status: str, now: datetime) -> dict[str, Any] | None:
    if terms.target is None:
        return None
    done = clock.history.phases[-1].start if status in STOPPED else None
    return _target(clock, terms.target, done, now)


def _first_response(clock: Clock, terms: SlaTerms, now: datetime) -> dict[str, Any] | None:
    if terms.response is None:
        return None
    done = clock.history.responded_at
    return {**_target(clock, terms.response, done, now), "responded_at": done}


def _target(
    clock: Clock, target: timedelta, done: datetime | None, now: datetime
) -> dict[str, Any]:
    used = clock.elapsed_time(done or now)
    due_at = clock.due(target)
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
