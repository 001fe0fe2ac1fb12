"""Every minute: escalates tickets near or past their due time, each stage of a ticket once."""

import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from deskhand.catalog.loaded import document_in_force
from deskhand.catalog.model import Catalog
from deskhand.logs import log
from deskhand.sla import stored_due_time
from deskhand.sla.schedule import WARNING, Stage
from deskhand.sla.stored_due_time import TicketSchedule
from deskhand.store import edits, escalations
from deskhand.store.connection import Connection, connection
from deskhand.store.escalations import Escalated
from deskhand.ticket import one_level_higher
from deskhand.tickets.presentation import presentation_of, ticket_of
from deskhand.uuid7 import uuid7

# Less than the minute until the next run begins.
RUN_SECONDS = 45.0

type Lock = Callable[[Connection], UUID | None]

_SHOWN = ("title", "status", "priority", "category", "request_type", "route", "assignee")


def escalate_due() -> dict[str, int]:
    """Counts of tickets recalculated for a new catalog (`reckoned`), `warned` and `escalated`."""
    deadline = time.monotonic() + RUN_SECONDS
    with connection() as conn:
        done = advance_all(conn, deadline)
    log.info("escalated", extra=done)
    return done


def advance_all(conn: Connection, deadline: float) -> dict[str, int]:
    """Like `escalate_due`, until nothing is left or until the monotonic `deadline`.

    Each ticket is one transaction, so a crash leaves no ticket half done.
    """
    done = {"reckoned": 0, "warned": 0, "escalated": 0}
    catalog = document_in_force(conn)
    if catalog is None:
        return done
    # Due escalations come first: a new catalog may require recalculating a hundred thousand
    # tickets.
    for lock in (escalations.lock_due, _outdated(catalog)):
        while time.monotonic() < deadline:
            levels = _next(conn, lock, catalog)
            if levels is None:
                break
            done["reckoned"] += lock is not escalations.lock_due
            done["warned"] += levels.count(WARNING)
            done["escalated"] += len(levels) - levels.count(WARNING)
    return done


def _outdated(catalog: Catalog) -> Lock:
    return lambda conn: escalations.lock_outdated(conn, catalog.version)


def _next(conn: Connection, lock: Lock, catalog: Catalog) -> Sequence[int] | None:
    """Advances the next ticket and returns its new levels; None: no ticket is left."""
    with conn.transaction():
        ticket_id = lock(conn)
        return None if ticket_id is None else advance(conn, ticket_id, catalog)


def advance(conn: Connection, ticket_id: UUID, catalog: Catalog) -> list[int]:
    """Records the levels that a locked ticket has newly reached, and returns them."""
    reached: list[int] = []
    while stages := _come(
        found := stored_due_time.update_due_time(conn, ticket_id, catalog, alone=True)
    ):
        for stage in stages:
            _escalate(conn, found, stage, catalog)
            reached.append(stage.level)
    return reached


def _come(found: TicketSchedule) -> list[Stage]:
    """The stages reached now; the warning is dropped when a breach has been reached too."""
    come = [s for s in found.schedule.ahead if s.at <= found.clock.now]
    return [s for s in come if s.level > WARNING] or come


def _escalate(conn: Connection, found: TicketSchedule, stage: Stage, catalog: Catalog) -> None:
    ticket_id, rules = found.clock.id, found.terms.escalation
    if stage.level and rules.levels[stage.level - 1].raise_priority:
        _raise_priority(conn, ticket_id, stage.level, catalog)
    row = edits.lock_ticket(conn, ticket_id, None) or {}
    due_at = found.schedule.due_at
    content = {name: row[name] for name in _SHOWN}
    if stage.level and (name := rules.levels[stage.level - 1].name):
        content["level_name"] = name
    content |= {"due_at": due_at and due_at.isoformat(), "at": found.clock.now.isoformat()}
    notices = [(uuid7(), recipient) for recipient in rules.recipients(stage.level)]
    reached = Escalated(ticket_id, stage.level, due_at, found.clock.now, notices, content)
    escalations.record(conn, reached)


def _raise_priority(conn: Connection, ticket_id: UUID, level: int, catalog: Catalog) -> None:
    """Raises the priority by one level and updates the title; a priority set by people is kept."""
    row: dict[str, Any] = edits.lock_ticket(conn, ticket_id, None) or {}
    higher = one_level_higher(row["priority"])
    if row["provenance"].get("priority") == "human" or higher == row["priority"]:
        return
    said = {"name": "escalation", "priority": higher, "level": level}
    after = {
        "priority": higher,
        "priority_inputs": [*(row["priority_inputs"] or []), said],
        "version": row["version"] + 1,
    }
    if row["provenance"].get("title") != "human":
        after["title"] = presentation_of(ticket_of(row | after), catalog).title
    edits.store_columns(conn, ticket_id, after)
    changes = {"priority": {"old": row["priority"], "new": higher}}
    edits.add_event(conn, ticket_id, "ticket.updated", "escalate", {"changes": changes})
