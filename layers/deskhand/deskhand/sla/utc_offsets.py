"""When the clocks of a time zone change; each year of a zone is searched once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

# No zone has ever kept an offset for less than three days, so sampling at this interval misses no
# change.
LOOK_EVERY = timedelta(days=3)
_SECOND = timedelta(seconds=1)


class ConstantOffset(NamedTuple):
    """A span in which the wall clock keeps its offset from UTC."""

    since: datetime
    until: datetime
    offset: timedelta

    def wall(self, at: datetime) -> datetime:
        """The wall clock time at an instant of the span."""
        return at.replace(tzinfo=None) + self.offset


def constant_offsets(zone: str, start: datetime, end: datetime) -> Iterator[ConstantOffset]:
    """Split the time from `start` to `end` where the offset changes, and at each new year in UTC.

    Each year is searched for changes when it is reached, so a short time needs a short search.
    """
    since, offset = start, _offset(_labelled(start, ZoneInfo(zone)))
    while since < end:
        new_year = datetime(since.year + 1, 1, 1, tzinfo=UTC)
        for at, changed in _changes(zone, since.year):
            if since < at < end:
                yield ConstantOffset(since, at, offset)
                since = at
            if since >= at:
                offset = changed
        if since < new_year:
            yield ConstantOffset(since, min(new_year, end), offset)
            since = new_year


@lru_cache(maxsize=4096)
def _changes(zone: str, year: int) -> tuple[tuple[datetime, timedelta], ...]:
    """The changes after the start of the year up to the start of the next, each with its new
    offset."""
    low, end = (datetime(each, 1, 1, tzinfo=ZoneInfo(zone)) for each in (year, year + 1))
    found = []
    offset = _offset(low)
    while low < end:
        high = min(low + LOOK_EVERY, end)
        if (after := _offset(high)) != offset:
            found.append((_change(low, high).replace(tzinfo=UTC), after))
            offset = after
        low = high
    return tuple(found)


def _change(low: datetime, high: datetime) -> datetime:
    """The first instant with the later offset; zones change at whole seconds of UTC."""
    old = _offset(low)
    while high - low > _SECOND:
        middle = low + (high - low) // _SECOND // 2 * _SECOND
        if _offset(middle) == old:
            low = middle
        else:
            high = middle
    return high


def _labelled(at: datetime, zone: ZoneInfo) -> datetime:
    """The UTC time labelled with `zone`, as `fromutc` requires: much faster than astimezone."""
    return at.replace(tzinfo=zone)


def _offset(at: datetime) -> timedelta:
    """The UTC offset at a UTC time that is labelled with a zone."""
    zone = at.tzinfo
    return zone.fromutc(at) - at if zone else timedelta()
