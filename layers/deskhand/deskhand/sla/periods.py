"""Which instants count, by the wall clock of the calendar's time zone.

All arithmetic is on instants in UTC. An instant counts when the wall clock then shows a time within
the hours of that date. So an hour skipped by daylight saving time does not count, a repeated hour
counts twice, and no interval needs a special rule.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from deskhand.catalog.calendar import Calendar
from deskhand.sla.counted_time import counted_time_of
from deskhand.sla.utc_offsets import ConstantOffset, constant_offsets
from deskhand.sla.work_time import DAY, DayHours, WorkTime


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time in UTC that counts or does not count; `why` gives the reason in words."""

    start: datetime
    end: datetime
    open: bool
    why: str


def periods(calendar: Calendar | None, start: datetime, end: datetime) -> Iterator[Period]:
    """The pieces between two instants, in order and without gaps; without a calendar all time
    counts."""
    if start >= end:
        return
    if calendar is None:
        yield Period(start, end, open=True, why="around the clock")
        return
    work = counted_time_of(calendar).work
    for part in constant_offsets(calendar.time_zone, start, end):
        yield from _on_the_wall(work, part)


def _on_the_wall(work: WorkTime, part: ConstantOffset) -> Iterator[Period]:
    """The pieces of a span of constant UTC offset."""
    wall, wall_end = part.wall(part.since), part.wall(part.until)
    while wall < wall_end:
        midnight = datetime.combine(wall.date(), datetime.min.time())
        for edge, counts, why in _edges(work.of(wall.date())):
            stop = min(midnight + edge, wall_end)
            if stop > wall:
                start, end = ((at - part.offset).replace(tzinfo=UTC) for at in (wall, stop))
                yield Period(start, end, counts, why)
                wall = stop


def _edges(day: DayHours) -> Iterator[tuple[timedelta, bool, str]]:
    """For each stretch of a day: its end since midnight, whether it counts, and why."""
    why = day.around
    for opens, closes in day.hours:
        yield opens, False, why
        yield closes, True, "working hours"
        why = day.between
    yield DAY, False, day.around
