"""Warnings and breaches: which tickets need one, and which were recorded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from deskhand.store.connection import Connection


@dataclass(frozen=True, slots=True)
class Escalated:
    """A stage (warning or breach) that a ticket has reached, with its notices.

    `notices` are pairs of id and recipient; `content` is the ticket as it is now.
    """

    ticket_id: UUID
    level: int
    due_at: datetime | None
    at: datetime
    notices: Sequence[tuple[UUID, str]]
    content: dict[str, Any]


def of_ticket(conn: Connection, ticket_id: UUID) -> list[dict[str, Any]]:
    """The stages that the ticket has reached, each with the number of its sent notices."""
    return conn.execute(
        """
        SELECT e.level, e.due_at, e.at, count(n.id) AS notices, count(n.sent_at) AS sent
        FROM escalations e LEFT JOIN notices n USING (ticket_id, level)
        WHERE e.ticket_id = %(id)s GROUP BY e.ticket_id, e.level ORDER BY e.level
        """,
        {"id": ticket_id},
    ).fetchall()


def lock_due(conn: Connection) -> UUID | None:
    """Locks the ticket with the oldest due warning or breach, skipping locked ones; None: not
    found.
    """
    return _held(
        conn.execute(
            """
            SELECT id FROM tickets WHERE escalate_at <= now()
            ORDER BY escalate_at LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
            """
        ).fetchone()
    )


def lock_outdated(conn: Connection, version: str) -> UUID | None:
    """Locks an unsolved ticket whose due time is not from catalog `version`; None: not found."""
    return _held(
        conn.execute(
            """
            SELECT id FROM tickets
            WHERE status IN ('open', 'pending', 'hold')
                  AND (sla_version IS NULL OR sla_version < %(version)s
                       OR sla_version > %(version)s)
            LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED
            """,
            {"version": version},
        ).fetchone()
    )


def record(conn: Connection, reached: Escalated) -> None:
    """Stores a stage of a locked ticket with its notices and event; raises when it was stored
    before.
    """
    conn.execute(
        """
        WITH stage AS (
            INSERT INTO escalations (ticket_id, level, due_at, at)
            VALUES (%(ticket_id)s, %(level)s, %(due_at)s, %(at)s)
        ), shown AS (
            UPDATE tickets SET escalation_level = %(level)s, version = version + 1,
                   updated_at = now()
            WHERE id = %(ticket_id)s
        ), owed AS (
            INSERT INTO notices (id, ticket_id, level, recipient, content)
            SELECT id, %(ticket_id)s, %(level)s, recipient, %(content)s
            FROM unnest(%(ids)s::uuid[], %(recipients)s::text[]) AS n(id, recipient)
        )
        INSERT INTO events (ticket_id, kind, actor, data)
        SELECT %(ticket_id)s,
               CASE %(level)s WHEN 0 THEN 'sla.warned' ELSE 'sla.escalated' END, 'escalate',
               jsonb_build_object('level', %(level)s::int, 'due_at', %(due_at)s::timestamptz,
                                  'priority', priority)
        FROM tickets WHERE id = %(ticket_id)s
        """,
        {
            "ticket_id": reached.ticket_id,
            "level": reached.level,
            "due_at": reached.due_at,
            "at": reached.at,
            "ids": [notice for notice, _ in reached.notices],
            "recipients": [recipient for _, recipient in reached.notices],
            "content": Jsonb(reached.content),
        },
    )


def _held(row: dict[str, Any] | None) -> UUID | None:
    return row["id"] if row else None
