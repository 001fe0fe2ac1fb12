"""Tickets as readers see them, and the two writes that triage makes to them."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from deskhand.store.connection import Connection


@dataclass(frozen=True)
class Triage:
    """What classification decided, with its evidence and who made it."""

    category: str
    request_type: str
    priority: str
    priority_inputs: list[dict[str, Any]]
    summary: str
    confidence: float
    evidence: list[dict[str, Any]]
    needs_review: bool
    ai_status: str
    ai_provider: str
    ai_model: str
    ai_prompt: str


def set_triage(conn: Connection, ticket_id: UUID, triage: Triage) -> None:
    """Stores a classification on the ticket."""
    conn.execute(
        """
        UPDATE tickets SET category = %(category)s, request_type = %(request_type)s,
               priority = %(priority)s, priority_inputs = %(priority_inputs)s,
               summary = %(summary)s, confidence = %(confidence)s, evidence = %(evidence)s,
               needs_review = %(needs_review)s, ai_status = %(ai_status)s,
               ai_provider = %(ai_provider)s, ai_model = %(ai_model)s, ai_prompt = %(ai_prompt)s,
               version = version + 1, updated_at = now()
        WHERE id = %(ticket_id)s
        """,
        {
            **asdict(triage),
            "ticket_id": ticket_id,
            "priority_inputs": Jsonb(triage.priority_inputs),
            "evidence": Jsonb(triage.evidence),
        },
    )


def open_for_people(
    conn: Connection, ticket_id: UUID, title: str, route: str | None, due_at: datetime | None
) -> None:
    """Makes the stored ticket the one that people work on: title, route, due time, status open."""
    conn.execute(
        """
        WITH old AS (SELECT id, status FROM tickets WHERE id = %(ticket_id)s FOR UPDATE
        ), opened AS (
            UPDATE tickets SET title = %(title)s, route = %(route)s, due_at = %(due_at)s,
                   status = CASE tickets.status WHEN 'new' THEN 'open' ELSE tickets.status END,
                   version = version + 1, updated_at = now()
            FROM old WHERE tickets.id = old.id
            RETURNING tickets.id, old.status AS before, tickets.status AS after
        )
        INSERT INTO events (ticket_id, kind, actor, data)
        SELECT id, 'ticket.status', 'workflow', jsonb_build_object('old', before, 'new', after)
        FROM opened WHERE before <> after
        """,
        {"ticket_id": ticket_id, "title": title, "route": route, "due_at": due_at},
    )


def get(conn: Connection, ticket_id: UUID) -> dict[str, Any] | None:
    """Every stored field of a ticket with its latest run, or None."""
    return conn.execute(
        """
        SELECT t.*, r.id AS workflow_run_id, r.status AS workflow_status,
               r.current_step AS workflow_step, r.error AS workflow_error,
               r.reason AS workflow_reason
        FROM tickets t JOIN LATERAL (
            SELECT * FROM runs WHERE ticket_id = t.id ORDER BY id DESC LIMIT 1
        ) r ON true
        WHERE t.id = %(id)s
        """,
        {"id": ticket_id},
    ).fetchone()


@dataclass(frozen=True)
class Filter:
    """Which tickets to list; None leaves a column open."""

    status: str | None = None
    priority: str | None = None
    category: str | None = None
    request_type: str | None = None
    department: str | None = None
    tag: str | None = None
    needs_review: bool | None = None
    workflow_status: str | None = None


def page(conn: Connection, wanted: Filter, before: UUID | None, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` tickets, newest first, that come after `before` in that order.

    Ids are UUIDv7, so a page stays the same while new tickets arrive in front of it.
    """
    return conn.execute(
        """
        SELECT t.id, t.kind, t.subject, t.customer_id, t.department, t.tags, t.status, t.title,
               t.category, t.request_type, t.priority, t.confidence, t.needs_review, t.route,
               t.due_at, t.duplicate_of, t.ai_status, t.version, t.created_at, t.updated_at,
               r.id AS workflow_run_id, r.status AS workflow_status, r.finished_at
        FROM tickets t JOIN LATERAL (
            SELECT * FROM runs WHERE ticket_id = t.id ORDER BY id DESC LIMIT 1
        ) r ON true
        WHERE (%(before)s::uuid IS NULL OR t.id < %(before)s)
          AND (%(status)s::text IS NULL OR t.status = %(status)s)
          AND (%(priority)s::text IS NULL OR t.priority = %(priority)s)
          AND (%(category)s::text IS NULL OR t.category = %(category)s)
          AND (%(request_type)s::text IS NULL OR t.request_type = %(request_type)s)
          AND (%(department)s::text IS NULL OR t.department = %(department)s)
          AND (%(tag)s::text IS NULL OR %(tag)s = ANY(t.tags))
          AND (%(needs_review)s::bool IS NULL OR t.needs_review = %(needs_review)s)
          AND (%(workflow_status)s::text IS NULL OR r.status = %(workflow_status)s)
        ORDER BY t.id DESC LIMIT %(limit)s
        """,
        {**asdict(wanted), "before": before, "limit": limit},
    ).fetchall()


def events(conn: Connection, ticket_id: UUID) -> list[dict[str, Any]]:
    """The ticket's trail in order; empty for an unknown ticket."""
    return conn.execute(
        "SELECT id, run_id, kind, actor, step, data, at FROM events"
        " WHERE ticket_id = %(id)s ORDER BY id",
        {"id": ticket_id},
    ).fetchall()


def run(conn: Connection, run_id: int) -> dict[str, Any] | None:
    """A run with the outcome of each of its steps, or None."""
    return conn.execute(
        """
        SELECT r.id, r.ticket_id, r.status, r.attempt, r.current_step, r.error, r.reason,
               r.created_at, r.started_at, r.finished_at, r.request_id,
               (SELECT coalesce(jsonb_agg(jsonb_build_object(
                           'step', step, 'revision', revision, 'attempt', attempt,
                           'seconds', seconds, 'verdict', verdict) ORDER BY created_at), '[]')
                FROM step_outcomes WHERE run_id = r.id) AS steps
        FROM runs r WHERE r.id = %(id)s
        """,
        {"id": run_id},
    ).fetchone()
