"""Measures a ticket by its clock: what /analytics counts in working time."""

from dataclasses import dataclass
from datetime import datetime

from deskhand.sla.clock import Clock
from deskhand.sla.clock_history import ClockHistory
from deskhand.sla.terms import SlaTerms


@dataclass(frozen=True, slots=True)
class Measures:
    """Counted seconds until the first response, and until the first and the last solution.

    None: it has not happened. `response_due_at` is None too while a pause keeps it open.
    """

    response_promised: bool
    resolution_promised: bool
    response_due_at: datetime | None
    response_seconds: float | None
    resolution_seconds: float | None
    last_resolution_seconds: float | None


def measures_of(history: ClockHistory, terms: SlaTerms) -> Measures:
    """The measures of a ticket with this history."""
    clock = Clock(history, terms.calendar)
    solved = [move.at for move in history.moves if move.status == "solved"]

    def counted(until: datetime | None) -> float | None:
        return None if until is None else clock.elapsed_time(until).total_seconds()

    return Measures(
        response_promised=terms.response is not None,
        resolution_promised=terms.target is not None,
        response_due_at=clock.due(terms.response) if terms.response is not None else None,
        response_seconds=counted(history.responded_at),
        resolution_seconds=counted(solved[0] if solved else None),
        last_resolution_seconds=counted(solved[-1] if solved else None),
    )
