"""Business calendars as a catalog describes them: hours of the week, holidays, a time zone."""

import re
from datetime import date, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from deskhand.catalog.fields import Name, Strict

_DAY = timedelta(days=1)
_INTERVAL = re.compile(r"([01]\d|2[0-3]):([0-5]\d)\s*-\s*([01]\d|2[0-4]):([0-5]\d)")
_DATE = re.compile(r"(\d{4}-)?\d\d-\d\d")
WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


def _interval(text: str) -> str:
    span(text)
    return text


@lru_cache(maxsize=1024)
def span(text: str) -> tuple[timedelta, timedelta]:
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
    for (_, closes), (opens, _) in pairwise(map(span, intervals)):
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
    # A leap year, so that 29 February can be a yearly holiday.
    try:
        date.fromisoformat(text if len(text) > 5 else f"2000-{text}")
        valid = _DATE.fullmatch(text) is not None
    except ValueError:
        valid = False
    if not valid:
        raise PydanticCustomError("day", "must be a date like 2026-12-24, or 12-24 for every year")
    return text


def _dated(value: object) -> object:
    """A plain date is read as a holiday without a name."""
    return {"date": value} if isinstance(value, str) else value


type Intervals = Annotated[
    tuple[Annotated[str, AfterValidator(_interval)], ...],
    Field(max_length=24, strict=False),
    AfterValidator(_in_order),
]


class Week(Strict):
    """The hours of each weekday; an omitted day is free."""

    monday: Intervals = ()
    tuesday: Intervals = ()
    wednesday: Intervals = ()
    thursday: Intervals = ()
    friday: Intervals = ()
    saturday: Intervals = ()
    sunday: Intervals = ()

    @property
    def days(self) -> tuple[Intervals, ...]:
        """The seven days, Monday first."""
        return tuple(getattr(self, day) for day in WEEK)


class Holiday(Strict):
    """A date, or a yearly day, with special hours; without hours it is free."""

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

    def __hash__(self) -> int:
        """Quick: a calendar is looked up wherever time is counted, and may have 1,000 holidays."""
        return hash(self.name)

    @property
    def day(self) -> timedelta:
        """The working time of a promise of one day."""
        if self.hours_a_day is not None:
            return timedelta(hours=self.hours_a_day)
        return max(_length(intervals) for intervals in self.hours.days)

    @property
    def week(self) -> timedelta:
        """The working time of a week without holidays."""
        return sum((_length(intervals) for intervals in self.hours.days), timedelta())


def _length(intervals: Intervals) -> timedelta:
    return sum((closes - opens for opens, closes in map(span, intervals)), timedelta())
