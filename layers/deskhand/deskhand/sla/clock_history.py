"""What a ticket's event log says about its clock: statuses, policies, the first response."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple

STOPPED = frozenset({"solved", "closed"})


class Move(NamedTuple):
    """A change at `at`: a new status of the ticket, or new pausing statuses of its policy."""

    at: datetime
    status: str | None = None
    pauses: frozenset[str] | None = None


class ClockPhase(NamedTuple):
    """A stretch without changes, in which the clock runs or is stopped; `end` None: the current
    one."""

    start: datetime
    end: datetime | None
    status: str
    pauses: frozenset[str]

    @property
    def stopped(self) -> bool:
        """Whether the ticket was finished: the clock is stopped until the ticket is reopened."""
        return self.status in STOPPED

    @property
    def paused(self) -> bool:
        """Whether the policy in force then paused the clock."""
        return self.status in self.pauses

    @property
    def runs(self) -> bool:
        """Whether the clock ran."""
        return not (self.stopped or self.paused)


@dataclass(frozen=True)
class ClockHistory:
    """The events of one ticket that matter to its clock, in order."""

    started_at: datetime
    moves: tuple[Move, ...] = ()
    responded_at: datetime | None = None

    @property
    def pauses(self) -> frozenset[str] | None:
        """The pausing statuses of the last policy; None before the first one."""
        return next((m.pauses for m in reversed(self.moves) if m.pauses is not None), None)

    def with_pauses(self, at: datetime, pauses: frozenset[str]) -> "ClockHistory":
        """The history with a policy that applies from `at`; earlier pauses are unchanged."""
        if pauses == self.pauses:
            return self
        return replace(self, moves=(*self.moves, Move(at, pauses=pauses)))

    @cached_property
    def phases(self) -> list[ClockPhase]:
        """All phases since the start, without gaps; the last one has no end."""
        found = []
        start, status = self.started_at, "new"
        pauses = next((m.pauses for m in self.moves if m.pauses is not None), frozenset[str]())
        for move in self.moves:
            # If the system clock was set back between two events, time must not run backwards.
            if move.at > start:
                found.append(ClockPhase(start, move.at, status, pauses))
                start = move.at
            status = move.status or status
            pauses = pauses if move.pauses is None else move.pauses
        return [*found, ClockPhase(start, None, status, pauses)]


def clock_history_of(started_at: datetime, log: Iterable[Mapping[str, Any]]) -> ClockHistory:
    """The history from rows of `events` (kind, actor, data, at) in the order of their ids."""
    moves: list[Move] = []
    responded_at = None
    for event in log:
        # In a zone other than UTC, adding hours would add to its wall clock.
        at, data = event["at"].astimezone(UTC), event["data"]
        if event["kind"] == "ticket.status":
            moves.append(Move(at, status=data["new"]))
        elif event["kind"] == "sla.due":
            moves.append(Move(at, pauses=frozenset(data["pauses"])))
        if responded_at is None and _responds(event):
            responded_at = at
    return ClockHistory(started_at.astimezone(UTC), tuple(moves), responded_at)


def _responds(event: Mapping[str, Any]) -> bool:
    """Whether a person responded: changed the status, assigned the ticket, or replied."""
    if event["actor"] == "workflow":
        return False
    data = event["data"]
    if event["kind"] == "ticket.updated":
        assigned = data.get("changes", {}).get("assignee")
        return bool(assigned and assigned["new"])
    return event["kind"] in ("ticket.status", "message.reply")
