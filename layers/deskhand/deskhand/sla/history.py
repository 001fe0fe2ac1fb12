"""What a ticket's event log says about its clock: statuses, policies, the first response."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, NamedTuple

STOPPED = frozenset({"solved", "closed"})


class Move(NamedTuple):
    """From `at` on, the ticket has another status, or a policy other statuses that pause."""

    at: datetime
    status: str | None = None
    pauses: frozenset[str] | None = None


class Phase(NamedTuple):
    """A stretch in which nothing changed; `end` None: it goes on. The clock runs, or stands."""

    start: datetime
    end: datetime | None
    status: str
    pauses: frozenset[str]

    @property
    def stopped(self) -> bool:
        """Whether the work was done: the clock stands until somebody reopens the ticket."""
        return self.status in STOPPED

    @property
    def paused(self) -> bool:
        """Whether the policy of the time let the clock stand."""
        return self.status in self.pauses

    @property
    def runs(self) -> bool:
        """Whether the clock ran."""
        return not (self.stopped or self.paused)


@dataclass(frozen=True)
class History:
    """The events of one ticket that matter to its clock, in order."""

    started_at: datetime
    moves: tuple[Move, ...] = ()
    responded_at: datetime | None = None

    @property
    def pauses(self) -> frozenset[str] | None:
        """What the last policy lets pause; None before there was one."""
        return next((m.pauses for m in reversed(self.moves) if m.pauses is not None), None)

    def bound(self, at: datetime, pauses: frozenset[str]) -> "History":
        """The history with a policy that applies from `at` on; past pauses stay what they were."""
        if pauses == self.pauses:
            return self
        return replace(self, moves=(*self.moves, Move(at, pauses=pauses)))

    @cached_property
    def phases(self) -> list[Phase]:
        """From the start on, without gaps; the last one has no end."""
        found = []
        start, status = self.started_at, "new"
        pauses = next((m.pauses for m in self.moves if m.pauses is not None), frozenset[str]())
        for move in self.moves:
            # A clock that was set back between two events must not make time run backwards.
            if move.at > start:
                found.append(Phase(start, move.at, status, pauses))
                start = move.at
            status = move.status or status
            pauses = pauses if move.pauses is None else move.pauses
        return [*found, Phase(start, None, status, pauses)]


def history_of(started_at: datetime, log: Iterable[Mapping[str, Any]]) -> History:
    """The history in rows of `events` (kind, actor, data, at) in the order of their ids."""
    moves: list[Move] = []
    responded_at = None
    for event in log:
        # In another zone than UTC, adding hours would be adding to its wall clock.
        at, data = event["at"].astimezone(UTC), event["data"]
        if event["kind"] == "ticket.status":
            moves.append(Move(at, status=data["new"]))
        elif event["kind"] == "sla.due":
            moves.append(Move(at, pauses=frozenset(data["pauses"])))
        if responded_at is None and _responds(event):
            responded_at = at
    return History(started_at.astimezone(UTC), tuple(moves), responded_at)


def _responds(event: Mapping[str, Any]) -> bool:
    """A person took the ticket up: moved it, or gave it to somebody."""
    if event["actor"] == "workflow":
        return False
    data = event["data"]
    if event["kind"] == "ticket.updated":
        assigned = data.get("changes", {}).get("assignee")
        return bool(assigned and assigned["new"])
    return bool(event["kind"] == "ticket.status")
