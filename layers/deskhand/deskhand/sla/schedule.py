"""Calculates when a ticket is due and when it is next escalated."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from deskhand.sla.clock import Clock
from deskhand.sla.clock_history import STOPPED, ClockHistory
from deskhand.sla.terms import SlaTerms

WARNING = 0
NOTHING_YET = -1


@dataclass(frozen=True, slots=True)
class Stage:
    """The warning (level 0) or a level of a breach, and the instant when it is reached."""

    level: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Schedule:
    """The due time and next stages that follow from a history and its terms."""

    due_at: datetime | None = None
    ahead: tuple[Stage, ...] = ()

    @property
    def escalate_at(self) -> datetime | None:
        """The time of the next stage; None if none is left, or if the clock stops before it."""
        return min((stage.at for stage in self.ahead), default=None)


def schedule_of(history: ClockHistory, terms: SlaTerms, status: str, reached: int) -> Schedule:
    """Due time and stages ahead of a ticket that has reached level `reached` (-1: none)."""
    if terms.target is None:
        return Schedule()
    clock = Clock(history, terms.calendar)
    done = status in STOPPED
    return Schedule(clock.due(terms.target), () if done else tuple(_stages(clock, terms, reached)))


def _stages(clock: Clock, terms: SlaTerms, reached: int) -> Iterator[Stage]:
    """The stages after `reached` whose time is known. In a pause, later stages have no time."""
    for level, counted in _after(terms):
        at = clock.due(counted) if level > reached else None
        if at is not None:
            yield Stage(level, at)


def _after(terms: SlaTerms) -> Iterator[tuple[int, timedelta]]:
    """Each stage with the counted time at which it is reached."""
    if terms.target is None:
        return
    if terms.escalation.warn_at is not None:
        yield WARNING, terms.target * terms.escalation.warn_at / 100
    for level, rule in enumerate(terms.escalation.levels, start=1):
        yield level, terms.target + rule.after.duration(terms.calendar)
