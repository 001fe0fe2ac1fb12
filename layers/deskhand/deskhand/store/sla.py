"""The clock of a ticket in the database: read with its history, stored with its event."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from deskhand.store.connection import Connection


def clock_row(conn: Connection, ticket_id: UUID, owner: str | None) -> dict[str, Any] | None:
    """What a ticket's clock depends on, with the `log` of its events; None when `owner` lacks it.

    `reached` is the highest level of its escalations, -1 before the first.
    """
    return conn.execute(
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
                WHERE ticket_id = t.id AND (kind IN ('ticket.status', 'sla.due', 'message.reply')
                      OR (kind = 'ticket.updated' AND data #> '{changes,assignee}' IS NOT NULL))
               ) AS log
        FROM tickets t
        WHERE t.id = %(id)s AND (%(owner)s::text IS NULL OR t.caller = %(owner)s)
        """,
        {"id": ticket_id, "owner": owner},
    ).fetchone()


def newest_with_due_time(conn: Connection, limit: int) -> list[tuple[UUID, str]]:
    """The newest tickets without an open run, each with the catalog version of its due time."""
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
    ticket_id: UUID,
    *,
    due_at: datetime | None,
    escalate_at: datetime | None,
    version: str | None,
    new_version: bool,
    event: dict[str, Any] | None,
    at: datetime,
    measures: dict[str, Any],
) -> None:
    """Stores the times computed by the catalog `version`, the measures, and the event of a change
    unless it is None. With `new_version` the version of the ticket is incremented.
    """
    conn.execute(
        """
        WITH stored AS (
            UPDATE tickets SET due_at = %(due_at)s, escalate_at = %(escalate_at)s,
                   sla_version = %(version)s, version = version + %(bump)s,
                   updated_at = CASE %(bump)s WHEN 0 THEN updated_at ELSE now() END
            WHERE id = %(id)s
        ), measured AS (
            INSERT INTO ticket_clocks AS c
                (ticket_id, response_promised, resolution_promised, response_due_at,
                 response_seconds, resolution_seconds, last_resolution_seconds)
            VALUES (%(id)s, %(response_promised)s, %(resolution_promised)s, %(response_due_at)s,
                    %(response_seconds)s, %(resolution_seconds)s, %(last_resolution_seconds)s)
            ON CONFLICT (ticket_id) DO UPDATE SET
                response_promised = excluded.response_promised,
                resolution_promised = excluded.resolution_promised,
                response_due_at = excluded.response_due_at,
                response_seconds = excluded.response_seconds,
                resolution_seconds = excluded.resolution_seconds,
                last_resolution_seconds = excluded.last_resolution_seconds,
                transaction_id = excluded.transaction_id
        )
        INSERT INTO events (ticket_id, kind, actor, data, at)
        SELECT %(id)s, 'sla.due', 'sla', %(data)s, %(at)s WHERE %(noted)s
        """,
        {
            **measures,
            "id": ticket_id,
            "due_at": due_at,
            "escalate_at": escalate_at,
            "version": version,
            "bump": int(new_version),
            "noted": event is not None,
            "at": at,
            "data": Jsonb(event),
        },
    )
