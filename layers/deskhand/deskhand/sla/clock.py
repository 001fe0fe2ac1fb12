"""The clock of a ticket: one walk over its history from which everything else follows.

Elapsed time, due times and explanation follow from the same calendar and the same phases, so they
cannot disagree.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import groupby, pairwise
from typing import NamedTuple

from deskhand.catalog.calendar import Calendar
from deskhand.sla.clock_history import ClockHistory, ClockPhase
from deskhand.sla.counted_time import counted_time_of
from deskhand.sla.periods import periods

# A target that is not reached within this time (a calendar of holidays only) has no due time.
_HORIZON = timedelta(days=300 * 365)
_ORIGIN = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Interval:
    """A stretch of time that counts or does not count, and why."""

    start: datetime
    end: datetime
    counted: bool
    why: str

    @property
    def length(self) -> timedelta:
        """How long it is in real time."""
        return self.end - self.start


class _Run(NamedTuple):
    """A span in which the clock ran; `sum` is the counted time from the ticket's start to the end
    of the span."""

    start: datetime
    end: datetime
    sum: timedelta


@dataclass(frozen=True)
class Clock:
    """The counted time of a ticket, by the calendar that applies to it."""

    history: ClockHistory
    calendar: Calendar | None

    def elapsed_time(self, until: datetime) -> timedelta:
        """The counted time until then."""
        ended = bisect_right(self._ran, until, key=lambda run: run.end)
        found = self._ran[ended - 1].sum if ended else timedelta()
        last = self.history.phases[-1]
        if ended < len(self._ran):
            begun = self._ran[ended].start
        else:
            begun = last.start if last.runs else until
        return found + self._amount(until) - self._amount(begun) if begun < until else found

    def due(self, target: timedelta) -> datetime | None:
        """The first instant at which `target` has been used up; for 0 that is the start.

        None while the clock is paused, since the end of the pause is unknown. A solved ticket keeps
        the due time that it would have if it were reopened at the moment it was solved.
        """
        if target <= timedelta():
            return self.history.started_at
        number = bisect_left(self._ran, target, key=lambda run: run.sum)
        left = target - self._ran[number - 1].sum if number else target
        if number < len(self._ran):
            return self._after(self._ran[number].start, left, self._ran[number].end)
        last = self.history.phases[-1]
        return None if last.paused else self._after(last.start, left, last.start + _HORIZON)

    def intervals(self, since: datetime, until: datetime) -> Iterator[Interval]:
        """All intervals between the two instants, in order and without gaps; equal neighbours are
        merged."""
        last: Interval | None = None
        for interval in self._intervals(since, until):
            if last and (last.counted, last.why) == (interval.counted, interval.why):
                last = replace(last, end=interval.end)
                continue
            if last:
                yield last
            last = interval
        if last:
            yield last

    @cached_property
    def _ran(self) -> list[_Run]:
        """The spans in which the clock ran and that have ended."""
        ran, whole = [], timedelta()
        following = pairwise(self.history.phases)
        for runs, group in groupby(following, key=lambda pair: pair[0].runs):
            pairs = list(group)
            start, end = pairs[0][0].start, pairs[-1][1].start
            if runs:
                whole += self._amount(end) - self._amount(start)
                ran.append(_Run(start, end, whole))
        return ran

    def _amount(self, at: datetime) -> timedelta:
        """The counted time from a fixed origin until `at`."""
        return counted_time_of(self.calendar).until(at) if self.calendar else at - _ORIGIN

    def _after(self, start: datetime, length: timedelta, last: datetime) -> datetime | None:
        """The instant when `length` has been counted since `start`; None: after `last`."""
        if self.calendar is None:
            return start + length if length <= last - start else None
        return counted_time_of(self.calendar).instant_of(self._amount(start) + length, last)

    def _intervals(self, since: datetime, until: datetime) -> Iterator[Interval]:
        for phase in self.history.phases:
            start, end = max(phase.start, since), min(phase.end or until, until)
            if start >= end:
                continue
            if not phase.runs:
                yield Interval(start, end, counted=False, why=_why(phase))
                continue
            for piece in periods(self.calendar, start, end):
                yield Interval(piece.start, piece.end, piece.open, piece.why)


def _why(phase: ClockPhase) -> str:
    return phase.status if phase.stopped else f"paused: {phase.status}"
