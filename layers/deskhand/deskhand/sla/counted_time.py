"""How much time counts by a calendar, as an amount that grows along the instants of UTC.

Every duration is a difference of two amounts, and every due time is the instant at which an amount
is reached. Both are looked up in a table, which is extended year by year on demand.
"""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple

from deskhand.catalog.calendar import Calendar
from deskhand.sla.utc_offsets import ConstantOffset, constant_offsets
from deskhand.sla.work_time import WorkTime


class _Span(NamedTuple):
    """A span of constant UTC offset, in which the amount is that of the wall clock plus `ahead`."""

    part: ConstantOffset
    ahead: timedelta
    end: timedelta


class _Year(NamedTuple):
    """A year of UTC with the amounts at its start and at its end."""

    start: timedelta
    end: timedelta
    spans: list[_Span]


class CountedTime:
    """The time that counts by one calendar."""

    def __init__(self, calendar: Calendar) -> None:
        self.work = WorkTime(calendar)
        self._zone = calendar.time_zone
        self._first = 0
        self._years: list[_Year] = []

    def until(self, at: datetime) -> timedelta:
        """The amount at an instant; its origin is arbitrary but fixed."""
        year = self._year(at.year)
        for part, ahead, _ in year.spans:
            if at < part.until:
                return ahead + self.work.before(part.wall(at))
        return year.end

    def instant_of(self, amount: timedelta, last: datetime) -> datetime | None:
        """The first instant with that amount; None: it comes after `last`.

        The amount must exceed that of an instant requested before.
        """
        while self._years[-1].end < amount:
            if self._first + len(self._years) > last.year:
                return None
            self._year(self._first + len(self._years))
        year = self._years[bisect_left(self._years, amount, key=lambda each: each.end)]
        part, ahead, _ = next(span for span in year.spans if span.end >= amount)
        wall = self.work.instant_of(amount - ahead, part.wall(part.since), part.wall(part.until))
        found = (wall - part.offset).replace(tzinfo=UTC)
        return found if found <= last else None

    def _year(self, year: int) -> _Year:
        if not self._years:
            self._first = year
            self._years = [self._counted(year, timedelta())]
        while year < self._first:
            self._first -= 1
            length = self._counted(self._first, timedelta()).end
            self._years.insert(0, self._counted(self._first, self._years[0].start - length))
        while year >= self._first + len(self._years):
            following = self._first + len(self._years)
            self._years.append(self._counted(following, self._years[-1].end))
        return self._years[year - self._first]

    def _counted(self, year: int, start: timedelta) -> _Year:
        spans = list(self._spans(year, start))
        return _Year(start, spans[-1].end, spans)

    def _spans(self, year: int, start: timedelta) -> Iterator[_Span]:
        begin, end = (datetime(each, 1, 1, tzinfo=UTC) for each in (year, year + 1))
        for part in constant_offsets(self._zone, begin, end):
            ahead = start - self.work.before(part.wall(part.since))
            start = ahead + self.work.before(part.wall(part.until))
            yield _Span(part, ahead, start)


@lru_cache(maxsize=64)
def counted_time_of(calendar: Calendar) -> CountedTime:
    """The calendar with its table, kept while its environment lives."""
    return CountedTime(calendar)
