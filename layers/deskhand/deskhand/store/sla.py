"""The clock of a ticket in the database: read with its history, written with its event."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from deskhand.sla.history import History, history_of
from deskhand.sla.reckoning import Reckoning
from deskhand.sla.terms import Terms
from deskhand.store.connection import Connection


@dataclass(frozen=True, slots=True)
class Standing:
    """A ticket as its clock sees it at the moment `now` of the database's clock."""

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
    history: History


def standing(conn: Connection, ticket_id: UUID, owner: str | None = None) -> Standing | None:
    """The ticket's clock with all that has happened to it; None: not there for `owner`."""
    row = conn.execute(
        """
        SELECT t.id, clock_timestamp() AS now, t.created_at, t.status, t.category, t.request_type,
               t.priority, t.due_at, t.escalate_at, t.sla_version,
               (SELECT coalesce(max(level), -1) FROM escalations WHERE ticket_id = t.id) AS reached,
               (SELECT coalesce(jsonb_agg(jsonb_build_object(
                           'kind', kind, 'actor', actor, 'at', at, 'data',
                           CASE kind WHEN 'ticket.updated' THEN jsonb_build_object('changes',
                               jsonb_build_object('assignee', data #> '{changes,assignee}'))
                           ELSE data END) ORDER BY id), '[]')
                FROM events
                WHERE ticket_id = t.id AND (kind IN ('ticket.status', 'sla.due')
                      OR (kind = 'ticket.updated' AND data #> '{changes,assignee}' IS NOT NULL))
               ) AS log
        FROM tickets t
        WHERE t.id = %(id)s AND (%(owner)s::text IS NULL OR t.caller = %(owner)s)
        """,
        {"id": ticket_id, "owner": owner},
    ).fetchone()
    if row is None:
        return None
    created_at, log = row.pop("created_at"), row.pop("log")
    return Standing(**row, history=history_of(created_at, _events(log)))


def reckoned(conn: Connection, limit: int) -> list[tuple[UUID, str]]:
    """The newest tickets without an open run, with the catalog that they were reckoned by."""
    rows = conn.execute(
        """
        SELECT id, sla_version FROM tickets t
        WHERE sla_version IS NOT NULL AND NOT EXISTS (
            SELECT FROM runs r WHERE r.ticket_id = t.id AND r.status IN ('PENDING', 'IN_PROGRESS'))
        ORDER BY id DESC LIMIT %(limit)s
        """,
        {"limit": limit},
    )
    return [(row["id"], row["sla_version"]) for row in rows]


def record(
    conn: Connection,
    before: Standing,
    terms: Terms,
    found: Reckoning,
    version: str | None,
    *,
    alone: bool,
) -> None:
    """Stores what was reckoned by the catalog `version`; an event says so when the due time moved.

    `alone`: nothing else of the ticket changes in this transaction, so a new due time counts as a
    change of its own. The event bears the moment for which it was reckoned, so a replay agrees.
    """
    moved = before.due_at != found.due_at
    conn.execute(
        """
        WITH stored AS (
            UPDATE tickets SET due_at = %(due_at)s, escalate_at = %(escalate_at)s,
                   sla_version = %(version)s, version = version + %(bump)s,
                   updated_at = CASE %(bump)s WHEN 0 THEN updated_at ELSE now() END
            WHERE id = %(id)s
        )
        INSERT INTO events (ticket_id, kind, actor, data, at)
        SELECT %(id)s, 'sla.due', 'sla', %(data)s, %(now)s WHERE %(noted)s
        """,
        {
            "id": before.id,
            "due_at": found.due_at,
            "escalate_at": found.escalate_at,
            "version": version,
            "bump": int(moved and alone),
            "noted": moved or before.history.pauses != terms.pauses,
            "now": before.now,
            "data": Jsonb(
                {
                    "old": _written(before.due_at),
                    "new": _written(found.due_at),
                    "catalog": version,
                    "category": before.category,
                    "request_type": before.request_type,
                    "priority": before.priority,
                    "pauses": sorted(terms.pauses),
                }
            ),
        },
    )


def _events(log: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for event in log:
        yield {**event, "at": datetime.fromisoformat(event["at"])}


def _written(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
