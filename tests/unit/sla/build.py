"""Calendars and histories that tests of the clock start from."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from deskhand.catalog.calendar import WEEK, Calendar
from deskhand.sla.clock import Clock
from deskhand.sla.clock_history import ClockHistory, clock_history_of

HOURS = timedelta(hours=1)
MINUTES = timedelta(minutes=1)
# 2026-11-23 is a Monday.
OFFICE = Calendar.model_validate(
    {
        "name": "office",
        "time_zone": "Europe/Berlin",
        "hours": {day: ["08:00-12:00", "13:00-17:00"] for day in WEEK[:5]},
        "holidays": [{"date": "12-25", "name": "Christmas"}, "2027-01-01"],
    }
)


def calendar(zone: str, *intervals: str, holidays: Iterable[Any] = ()) -> Calendar:
    """The same hours on every day of the week."""
    return Calendar.model_validate(
        {
            "name": "all week",
            "time_zone": zone,
            "hours": {day: list(intervals) for day in WEEK},
            "holidays": list(holidays),
        }
    )


def at(text: str) -> datetime:
    """An instant: `2026-11-23 08:00` is in UTC, an offset may follow."""
    parsed = datetime.fromisoformat(text)
    return parsed.astimezone(UTC) if parsed.tzinfo else parsed.replace(tzinfo=UTC)


def status(moment: str, new: str, actor: str = "sam") -> dict[str, Any]:
    """A change of status, as the event log has it."""
    return {"kind": "ticket.status", "actor": actor, "at": at(moment), "data": {"new": new}}


def policy(moment: str, *pauses: str) -> dict[str, Any]:
    """A policy that applies from then on, as the event log has it."""
    return {"kind": "sla.due", "actor": "sla", "at": at(moment), "data": {"pauses": list(pauses)}}


def history(start: str, *events: dict[str, Any]) -> ClockHistory:
    """A ticket that came in at `start`, under a policy that pauses while pending or on hold."""
    return clock_history_of(at(start), [policy(start, "pending", "hold"), *events])


def due(of: ClockHistory, by: Calendar | None, target: timedelta) -> datetime | None:
    """When a target is used up."""
    return Clock(of, by).due(target)


def elapsed(of: ClockHistory, by: Calendar | None, until: datetime) -> timedelta:
    """The time that counts until then."""
    return Clock(of, by).elapsed_time(until)
