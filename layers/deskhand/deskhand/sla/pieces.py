"""Which instants count, by what the clock on the wall of a calendar's zone shows.

All arithmetic is on instants in UTC. An instant counts when the wall clock then shows a time within
the hours of that date. So an hour that daylight saving skips counts not at all, one that it repeats
counts twice, and no interval needs a rule of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from deskhand.catalog.calendar import Calendar
from deskhand.sla.counted_time import counted_time
from deskhand.sla.offsets import Steady, steady
from deskhand.sla.work_time import DAY, DayHours, WorkTime


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of time in UTC that counts as a whole, or does not; `why` says so in words."""

    start: datetime
    end: datetime
    open: bool
    why: str


def pieces(calendar: Calendar | None, start: datetime, end: datetime) -> Iterator[Piece]:
    """What lies between two instants, without gaps and in order; without a calendar all counts."""
    if start >= end:
        return
    if calendar is None:
        yield Piece(start, end, open=True, why="around the clock")
        return
    work = counted_time(calendar).work
    for part in steady(calendar.time_zone, start, end):
        yield from _on_the_wall(work, part)


def _on_the_wall(work: WorkTime, part: Steady) -> Iterator[Piece]:
    """The pieces of a span of steady offset, in which wall clock and UTC run alike."""
    wall, wall_end = part.wall(part.since), part.wall(part.until)
    while wall < wall_end:
        midnight = datetime.combine(wall.date(), datetime.min.time())
        for edge, counts, why in _edges(work.of(wall.date())):
            stop = min(midnight + edge, wall_end)
            if stop > wall:
                start, end = ((at - part.offset).replace(tzinfo=UTC) for at in (wall, stop))
                yield Piece(start, end, counts, why)
                wall = stop


def _edges(day: DayHours) -> Iterator[tuple[timedelta, bool, str]]:
    """Until when of the day each stretch lasts, whether it counts, and why."""
    why = day.around
    for opens, closes in day.hours:
        yield opens, False, why
        yield closes, True, "working hours"
        why = day.between
    yield DAY, False, day.around
