"""The clock of a ticket: one walk over its history from which everything else follows.

Elapsed time, due time and explanation are read off the same intervals, so they cannot disagree.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from deskhand.catalog.calendar import Calendar
from deskhand.sla.history import History, Phase
from deskhand.sla.pieces import pieces

# A promise that is not kept within that time, by a calendar of holidays only, has no due time.
_HORIZON = timedelta(days=300 * 365)


@dataclass(frozen=True, slots=True)
class Interval:
    """Time that counts as a whole or does not, and why."""

    start: datetime
    end: datetime
    counted: bool
    why: str

    @property
    def length(self) -> timedelta:
        """How long it is in real time."""
        return self.end - self.start


def intervals(history: History, calendar: Calendar | None, until: datetime) -> Iterator[Interval]:
    """Everything between the start and `until`, in order, without gaps; like beside like is one."""
    last: Interval | None = None
    for interval in _intervals(history, calendar, until):
        if last and (last.counted, last.why) == (interval.counted, interval.why):
            last = replace(last, end=interval.end)
            continue
        if last:
            yield last
        last = interval
    if last:
        yield last


def elapsed(history: History, calendar: Calendar | None, until: datetime) -> timedelta:
    """The time that counts until then."""
    counted = (each.length for each in _intervals(history, calendar, until) if each.counted)
    return sum(counted, timedelta())


def due(history: History, calendar: Calendar | None, target: timedelta) -> datetime | None:
    """The first instant at which `target` has been used up; for 0 that is the start.

    None while a pause keeps it open: nobody knows yet when the clock goes on. A solved ticket keeps
    the due time that it would have if it were reopened at the moment it was solved.
    """
    if target <= timedelta():
        return history.started_at
    left = target
    for phase in history.phases():
        if phase.end is None and phase.paused:
            return None
        if phase.end is not None and (phase.stopped or phase.paused):
            continue
        for piece in pieces(calendar, phase.start, phase.end or phase.start + _HORIZON):
            length = piece.end - piece.start if piece.open else timedelta()
            if length >= left:
                return piece.start + left
            left -= length
    return None


def _intervals(history: History, calendar: Calendar | None, until: datetime) -> Iterator[Interval]:
    for phase in history.phases():
        end = min(phase.end or until, until)
        if phase.start >= end:
            continue
        if phase.stopped or phase.paused:
            yield Interval(phase.start, end, counted=False, why=_standing(phase))
            continue
        for piece in pieces(calendar, phase.start, end):
            yield Interval(piece.start, piece.end, piece.open, piece.why)


def _standing(phase: Phase) -> str:
    return phase.status if phase.stopped else f"paused: {phase.status}"
