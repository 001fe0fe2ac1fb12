"""Business calendars: which instants count, by what the clock on the wall there shows.

All arithmetic is on instants in UTC. An instant counts when the wall clock of the calendar's zone
then shows a time within the hours of that date. So an hour that daylight saving skips counts not at
all, one that it repeats counts twice, and no interval needs a rule of its own.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from math import ceil
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from deskhand.naming import Name, Strict

_DAY = timedelta(days=1)
_INTERVAL = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*([01]\d|2[0-4]):([0-5]\d)")
_DATE = re.compile(r"(\d{4}-)?\d\d-\d\d")
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

type Hours = tuple[tuple[timedelta, timedelta], ...]


def _interval(text: str) -> str:
    _span(text)
    return text


@lru_cache(maxsize=1024)
def _span(text: str) -> tuple[timedelta, timedelta]:
    """Opening and closing as time since midnight on the wall clock."""
    found = _INTERVAL.fullmatch(text)
    if found is None:
        raise PydanticCustomError("interval", "must be like 08:30-12:00; a day ends at 24:00")
    hours, minutes, until_hours, until_minutes = map(int, found.groups())
    opens = timedelta(hours=hours, minutes=minutes)
    closes = timedelta(hours=until_hours, minutes=until_minutes)
    if closes > _DAY:
        raise PydanticCustomError("interval", "must end at 24:00 at the latest")
    if closes <= opens:
        raise PydanticCustomError(
            "interval", "must end after it begins; split what passes midnight into two days"
        )
    return opens, closes


def _in_order(intervals: tuple[str, ...]) -> tuple[str, ...]:
    for (_, closes), (opens, _) in pairwise(map(_span, intervals)):
        if opens < closes:
            raise PydanticCustomError("overlap", "must be in order and must not overlap")
    return intervals


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise PydanticCustomError("zone", "is no IANA time zone, like Europe/Berlin") from None
    return name


def _day(text: str) -> str:
    # 29 February is a yearly holiday too: 2000 has one.
    try:
        date.fromisoformat(text if len(text) > 5 else f"2000-{text}")
        valid = _DATE.fullmatch(text) is not None
    except ValueError:
        valid = False
    if not valid:
        raise PydanticCustomError("day", "must be a date like 2026-12-24, or 12-24 for every year")
    return text


def _dated(value: object) -> object:
    """A plain date stands for a holiday without a name."""
    return {"date": value} if isinstance(value, str) else value


type Intervals = Annotated[
    tuple[Annotated[str, AfterValidator(_interval)], ...],
    Field(max_length=24, strict=False),
    AfterValidator(_in_order),
]


class Week(Strict):
    """The hours of each weekday; a day that is left out has none."""

    monday: Intervals = ()
    tuesday: Intervals = ()
    wednesday: Intervals = ()
    thursday: Intervals = ()
    friday: Intervals = ()
    saturday: Intervals = ()
    sunday: Intervals = ()

    @property
    def days(self) -> tuple[Intervals, ...]:
        """The seven days from Monday on."""
        return tuple(getattr(self, day) for day in WEEK)


class Holiday(Strict):
    """A date, or a day of every year, with hours of its own: none unless they are given."""

    date: Annotated[str, AfterValidator(_day)]
    name: Name | None = None
    hours: Intervals = ()


class Calendar(Strict):
    """When people work, by the wall clock of one time zone.

    A promise of one day is `hours_a_day` hours of work: by default as many as the longest weekday.
    """

    name: Name
    time_zone: Annotated[str, AfterValidator(_zone)]
    hours: Week
    holidays: Annotated[
        tuple[Annotated[Holiday, BeforeValidator(_dated)], ...],
        Field(max_length=1000, strict=False),
    ] = ()
    hours_a_day: Annotated[float, Field(gt=0, le=24, allow_inf_nan=False)] | None = None

    @model_validator(mode="after")
    def _works(self) -> Self:
        if not any(self.hours.days):
            raise PydanticCustomError("no_hours", "has no hours on any weekday")
        return self

    @property
    def day(self) -> timedelta:
        """How much work a promise of one day is."""
        if self.hours_a_day is not None:
            return timedelta(hours=self.hours_a_day)
        return max(_length(intervals) for intervals in self.hours.days)

    @property
    def week(self) -> timedelta:
        """The work of a week without holidays."""
        return sum((_length(intervals) for intervals in self.hours.days), timedelta())


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


def _length(intervals: Intervals) -> timedelta:
    return sum((closes - opens for opens, closes in map(_span, intervals)), timedelta())


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
            tuple(map(_span, each.hours)),
            f"holiday: {each.name}" if each.name else "holiday",
        )
        for each in calendar.holidays
    }
    return _Rules(tuple(tuple(map(_span, day)) for day in calendar.hours.days), special)


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
