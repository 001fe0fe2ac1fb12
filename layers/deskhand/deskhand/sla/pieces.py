"""Which instants count, by what the clock on the wall of a calendar's zone shows.

All arithmetic is on instants in UTC. An instant counts when the wall clock then shows a time within
the hours of that date. So an hour that daylight saving skips counts not at all, one that it repeats
counts twice, and no interval needs a rule of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from math import ceil
from zoneinfo import ZoneInfo

from deskhand.catalog.calendar import Calendar, span

_DAY = timedelta(days=1)

type Hours = tuple[tuple[timedelta, timedelta], ...]


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
    rules = _rules(calendar)
    zone = ZoneInfo(calendar.time_zone)
    for since, until, offset in _steady(zone, start, end):
        yield from _on_the_wall(rules, since, until, offset)


@dataclass(frozen=True, slots=True)
class _Rules:
    """A calendar's hours, ready to be looked up by date."""

    week: tuple[Hours, ...]
    special: dict[str, tuple[Hours, str]]

    def of(self, day: date) -> tuple[Hours, str]:
        """The hours of the date, and why the rest of it does not count."""
        written = day.isoformat()
        found = self.special.get(written) or self.special.get(written[5:])
        return found or (self.week[day.weekday()], "outside working hours")


@lru_cache(maxsize=64)
def _rules(calendar: Calendar) -> _Rules:
    special = {
        each.date: (
            tuple(map(span, each.hours)),
            f"holiday: {each.name}" if each.name else "holiday",
        )
        for each in calendar.holidays
    }
    return _Rules(tuple(tuple(map(span, day)) for day in calendar.hours.days), special)


def _steady(
    zone: ZoneInfo, start: datetime, end: datetime
) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """The span cut where the zone's offset changes, each part with its offset from UTC."""
    since, offset = start, _offset(zone, start)
    at = start
    while at < end:
        upto = min(at + _DAY, end)
        after = _offset(zone, upto)
        if after != offset:
            changed = _change(zone, at, upto)
            yield since, changed, offset
            since, offset = changed, after
        at = upto
    if since < end:
        yield since, end, offset


def _offset(zone: ZoneInfo, at: datetime) -> timedelta:
    return at.astimezone(zone).utcoffset() or timedelta()


def _change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime:
    """The first instant with the later offset; zones change at whole seconds of UTC."""
    old = _offset(zone, before)
    low, high = int(before.timestamp()), ceil(after.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if _offset(zone, datetime.fromtimestamp(middle, UTC)) == old:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)


def _on_the_wall(
    rules: _Rules, since: datetime, until: datetime, offset: timedelta
) -> Iterator[Piece]:
    """The pieces of a span of steady offset, in which wall clock and UTC run alike."""
    wall, wall_end = ((at + offset).replace(tzinfo=None) for at in (since, until))
    while wall < wall_end:
        midnight = datetime.combine(wall.date(), datetime.min.time())
        hours, why = rules.of(wall.date())
        for edge, counts in _edges(hours):
            stop = min(midnight + edge, wall_end)
            if stop > wall:
                start, end = ((at - offset).replace(tzinfo=UTC) for at in (wall, stop))
                yield Piece(start, end, counts, "working hours" if counts else why)
                wall = stop


def _edges(hours: Hours) -> Iterator[tuple[timedelta, bool]]:
    """Until when of the day each stretch lasts, and whether it counts."""
    for opens, closes in hours:
        yield opens, False
        yield closes, True
    yield _DAY, False
