"""Every minute: escalates tickets near or past their due time, each stage of a ticket once."""

import time
from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from deskhand.catalog.loaded import document_in_force
from deskhand.catalog.model import Catalog
from deskhand.logs import log
from deskhand.sla import settle
from deskhand.sla.reckoning import WARNING, Stage
from deskhand.sla.settle import Settled
from deskhand.store import edits, escalations
from deskhand.store.connection import Connection, connection
from deskhand.store.escalations import Escalated
from deskhand.tickets.presentation import present, ticket_of
from deskhand.triage.priority import raised
from deskhand.uuid7 import uuid7

# Less than the minute until the next run begins.
RUN_SECONDS = 45.0

type Hold = Callable[[Connection], UUID | None]

_SHOWN = ("title", "status", "priority", "category", "request_type", "route", "assignee")


def run() -> dict[str, int]:
    """Counts of tickets recalculated for a new catalog (`reckoned`), `warned` and `escalated`."""
    deadline = time.monotonic() + RUN_SECONDS
    with connection() as conn:
        done = advance_all(conn, deadline)
    log.info("escalated", extra=done)
    return done


def advance_all(conn: Connection, deadline: float) -> dict[str, int]:
    """Like `run`, until nothing is left or until the monotonic `deadline`.

    Each ticket is one transaction, so a crash leaves no ticket half done.
    """
    done = {"reckoned": 0, "warned": 0, "escalated": 0}
    catalog = document_in_force(conn)
    if catalog is None:
        return done
    # Due escalations come first: a new catalog may require recalculating a hundred thousand
    # tickets.
    for hold in (escalations.hold_due, _unreckoned(catalog)):
        while time.monotonic() < deadline:
            levels = _next(conn, hold, catalog)
            if levels is None:
                break
            done["reckoned"] += hold is not escalations.hold_due
            done["warned"] += levels.count(WARNING)
            done["escalated"] += len(levels) - levels.count(WARNING)
    return done


def _unreckoned(catalog: Catalog) -> Hold:
    return lambda conn: escalations.hold_unreckoned(conn, catalog.version)


def _next(conn: Connection, hold: Hold, catalog: Catalog) -> Sequence[int] | None:
    """Advances the next ticket and returns its new levels; None: no ticket is left."""
    with conn.transaction():
        ticket_id = hold(conn)
        return None if ticket_id is None else advance(conn, ticket_id, catalog)


def advance(conn: Connection, ticket_id: UUID, catalog: Catalog) -> list[int]:
    """Records the levels that a locked ticket has newly reached, and returns them."""
    reached: list[int] = []
    while stages := _come(settled := settle.settle(conn, ticket_id, catalog, alone=True)):
        for stage in stages:
            _escalate(conn, settled, stage, catalog)
            reached.append(stage.level)
    return reached


def _come(settled: Settled) -> list[Stage]:
    """The stages reached now; the warning is dropped when a breach has been reached too."""
    come = [s for s in settled.reckoning.ahead if s.at <= settled.clock.now]
    return [s for s in come if s.level > WARNING] or come


def _escalate(conn: Connection, settled: Settled, stage: Stage, catalog: Catalog) -> None:
    ticket_id, rules = settled.clock.id, settled.terms.escalation
    if stage.level and rules.levels[stage.level - 1].raise_priority:
        _raise_priority(conn, ticket_id, stage.level, catalog)
    row = edits.hold(conn, ticket_id, None) or {}
    due_at = settled.reckoning.due_at
    content = {name: row[name] for name in _SHOWN}
    if stage.level and (name := rules.levels[stage.level - 1].name):
        content["level_name"] = name
    content |= {"due_at": due_at and due_at.isoformat(), "at": settled.clock.now.isoformat()}
    notices = [(uuid7(), recipient) for recipient in rules.recipients(stage.level)]
    reached = Escalated(ticket_id, stage.level, due_at, settled.clock.now, notices, content)
    escalations.record(conn, reached)


def _raise_priority(conn: Connection, ticket_id: UUID, level: int, catalog: Catalog) -> None:
    """Raises the priority by one level and updates the title; a priority set by people is kept."""
    row: dict[str, Any] = edits.hold(conn, ticket_id, None) or {}
    higher = raised(row["priority"])
    if row["provenance"].get("priority") == "human" or higher == row["priority"]:
        return
    said = {"name": "escalation", "priority": higher, "level": level}
    after = {
        "priority": higher,
        "priority_inputs": [*(row["priority_inputs"] or []), said],
        "version": row["version"] + 1,
    }
    if row["provenance"].get("title") != "human":
        after["title"] = present(ticket_of(row | after), catalog).title
    edits.store(conn, ticket_id, after)
    changes = {"priority": {"old": row["priority"], "new": higher}}
    edits.note(conn, ticket_id, "ticket.updated", "escalate", {"changes": changes})
