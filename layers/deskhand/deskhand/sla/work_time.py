"""Working time of a calendar as a function of the wall clock, without iterating over days.

The amount before a date is that of its full weeks, corrected for the special days before it. Days
that come every year repeat with the weekdays after 400 years, so one such cycle is enough.
"""

from bisect import bisect_left
from calendar import isleap
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from deskhand.catalog.calendar import Calendar, span

type Hours = tuple[tuple[timedelta, timedelta], ...]

DAY = timedelta(days=1)
_NONE = timedelta()
_CYCLE = 400
# In many countries the weekend begins on Friday.
_FREE_DAYS = ("day off",) * 4 + ("weekend",) * 3


class DayHours(NamedTuple):
    """The hours of a date, their length, and the reasons for the time around and between them."""

    hours: Hours
    length: timedelta
    around: str
    between: str


class _Sums(NamedTuple):
    """Amounts by day in order, and the sum before each day."""

    days: list[int]
    sums: list[timedelta]

    def before(self, day: int) -> timedelta:
        return self.sums[bisect_left(self.days, day)]


class _Year(NamedTuple):
    """A year by its first ordinal: the change by yearly days before it, and within it.

    The days of `within` are counted from the first one, which is 0.
    """

    first: int
    before: timedelta
    within: _Sums


class WorkTime:
    """The working hours of every date of a calendar."""

    def __init__(self, calendar: Calendar) -> None:
        self._week = [
            _day_hours(hours, "outside working hours" if hours else free, "break")
            for hours, free in zip(calendar.hours.days, _FREE_DAYS, strict=True)
        ]
        self._before_weekday = [*accumulate((day.length for day in self._week), initial=_NONE)]
        self._yearly: dict[tuple[int, int], DayHours] = {}
        self._once: dict[date, DayHours] = {}
        for each in calendar.holidays:
            why = f"holiday: {each.name}" if each.name else "holiday"
            hours = _day_hours(each.hours, why, why)
            month, day = map(int, each.date[-5:].split("-"))
            if len(each.date) > 5:
                self._once[date(int(each.date[:4]), month, day)] = hours
            else:
                self._yearly[month, day] = hours
        self._years: dict[int, _Year] = {}
        self._kinds: dict[tuple[int, bool], _Sums] = {}

    def of(self, day: date) -> DayHours:
        """The hours of a date."""
        return self._once.get(day) or self._regular(day)

    def before(self, wall: datetime) -> timedelta:
        """The working time from date.min until the wall clock shows that time."""
        day = wall.date()
        found = self._before_date(day)
        since_midnight = wall - datetime(wall.year, wall.month, wall.day)
        for opens, closes in self.of(day).hours:
            if since_midnight <= opens:
                break
            found += (closes if closes < since_midnight else since_midnight) - opens
        return found

    def instant_of(self, amount: timedelta, since: datetime, until: datetime) -> datetime:
        """The first time between `since` and `until` at which `before` equals the amount.

        The amount must exceed that at `since` and must not exceed that at `until`.
        """
        days = range(since.toordinal() + 1, until.toordinal() + 1)
        ended = bisect_left(days, amount, key=lambda day: self._before_date(date.fromordinal(day)))
        day = since.date() + DAY * ended
        left = amount - self._before_date(day)
        for opens, closes in self.of(day).hours:
            if closes - opens >= left:
                return datetime(day.year, day.month, day.day) + opens + left
            left -= closes - opens
        raise ValueError("the amount is not reached between the two")

    def _before_date(self, day: date) -> timedelta:
        """The working time before a date."""
        ordinal = day.toordinal()
        # Ordinal 1 is a Monday.
        weeks, weekday = divmod(ordinal - 1, 7)
        found = self._before_weekday[7] * weeks + self._before_weekday[weekday]
        if self._once:
            found += self._moved_once.before(ordinal)
        if self._yearly:
            year = self._year(day.year)
            found += year.before + year.within.before(ordinal - year.first)
        return found

    def _regular(self, day: date) -> DayHours:
        """The hours of a date by its day of the year and its weekday."""
        return self._yearly.get((day.month, day.day)) or self._week[day.weekday()]

    @cached_property
    def _moved_once(self) -> _Sums:
        """The additional working time of single special dates, compared with their day of the
        year."""
        return _sums(
            (day.toordinal(), hours.length - self._regular(day).length)
            for day, hours in self._once.items()
        )

    def _year(self, year: int) -> _Year:
        """The additional working time of yearly days, compared with their weekdays."""
        if year not in self._years:
            cycles, number = divmod(year, _CYCLE)
            before = self._cycle[_CYCLE] * cycles + self._cycle[number]
            self._years[year] = _Year(date(year, 1, 1).toordinal(), before, self._within(year))
        return self._years[year]

    @cached_property
    def _cycle(self) -> list[timedelta]:
        years = (self._within(_CYCLE + year).sums[-1] for year in range(_CYCLE))
        return [*accumulate(years, initial=_NONE)]

    def _within(self, year: int) -> _Sums:
        """The same for each day of a year; there are only fourteen different years."""
        first = date(year, 1, 1)
        kind = (first.weekday(), isleap(year))
        if kind not in self._kinds:
            days = [date(year, *day) for day in self._yearly if day != (2, 29) or isleap(year)]
            self._kinds[kind] = _sums(
                ((day - first).days, self._regular(day).length - self._week[day.weekday()].length)
                for day in days
            )
        return self._kinds[kind]


def _day_hours(intervals: tuple[str, ...], around: str, between: str) -> DayHours:
    hours = tuple(map(span, intervals))
    length = sum((closes - opens for opens, closes in hours), _NONE)
    return DayHours(hours, length, around, between)


def _sums(amounts: Iterable[tuple[int, timedelta]]) -> _Sums:
    ordered = sorted(amounts)
    return _Sums(
        [day for day, _ in ordered],
        [*accumulate((amount for _, amount in ordered), initial=_NONE)],
    )
