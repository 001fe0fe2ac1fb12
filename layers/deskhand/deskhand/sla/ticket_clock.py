"""Reads from the database what a ticket's clock depends on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from deskhand.sla.clock_history import ClockHistory, clock_history_of
from deskhand.store import sla
from deskhand.store.connection import Connection


@dataclass(frozen=True, slots=True)
class TicketClock:
    """The inputs of a ticket's due time, at the time `now` of the database's clock."""

    id: UUID
    now: datetime
    status: str
    category: str | None
    request_type: str | None
    priority: str | None
    due_at: datetime | None
    escalate_at: datetime | None
    sla_version: str | None
    reached: int  # the highest level of its escalations; -1: none
    history: ClockHistory


def ticket_clock(conn: Connection, ticket_id: UUID, owner: str | None = None) -> TicketClock | None:
    """The ticket's clock with its history; None: not found, or not visible to `owner`."""
    row = sla.clock_row(conn, ticket_id, owner)
    if row is None:
        return None
    created_at, log = row.pop("created_at"), row.pop("log")
    return TicketClock(**row, history=clock_history_of(created_at, _events(log)))


def _events(log: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for event in log:
        yield {**event, "at": datetime.fromisoformat(event["at"])}
