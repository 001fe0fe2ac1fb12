"""The two writes of a run to its ticket. Fields that people set are kept, whatever the run read.

Under the row's lock, both compare the run's input with the stored ticket. They raise TicketEdited
when people changed it meanwhile; the step then starts again from the new state.
"""

from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from deskhand.errors import TicketEdited
from deskhand.store.connection import Connection
from deskhand.ticket import LEVELS, ReviewReason, Ticket


@dataclass(frozen=True)
class Triage:
    """A classification of one version of the text, with its evidence and its model.

    A ticket that fits nothing has neither category nor request type.
    """

    text_version: int
    category: str | None
    request_type: str | None
    priority: str
    priority_inputs: list[dict[str, Any]]
    summary: str
    confidence: float | None
    likely_places: list[dict[str, Any]] | None
    evidence: list[dict[str, Any]]
    review_reasons: list[ReviewReason]
    ai_status: str
    ai_provider: str | None
    ai_model: str | None
    ai_prompt: str | None

    @property
    def needs_review(self) -> bool:
        """Whether a person has to look at it."""
        return bool(self.review_reasons)


_TRIAGED_BY = Jsonb({"category": "ai", "request_type": "ai", "priority": "rule", "summary": "ai",
                     "needs_review": "ai"})  # fmt: skip
_OPENED_BY = Jsonb({"title": "rule", "route": "rule", "due_at": "rule"})


def set_triage(conn: Connection, ticket_id: UUID, triage: Triage) -> None:
    """Stores a classification on the ticket. It does not lower a priority that escalation raised.

    Raises TicketEdited when the text has another version, or when people chose another request
    type.
    """
    stored = conn.execute(
        """
        UPDATE tickets SET
            category = CASE provenance ->> 'category'
                WHEN 'human' THEN category ELSE %(category)s END,
            request_type = CASE provenance ->> 'request_type'
                WHEN 'human' THEN request_type ELSE %(request_type)s END,
            priority = CASE WHEN kept THEN priority ELSE %(priority)s END,
            priority_inputs = CASE WHEN kept THEN priority_inputs
                              ELSE %(priority_inputs)s::jsonb END,
            summary = CASE provenance ->> 'summary'
                WHEN 'human' THEN summary ELSE %(summary)s END,
            needs_review = CASE provenance ->> 'needs_review'
                WHEN 'human' THEN needs_review ELSE %(needs_review)s END,
            review_reasons = %(review_reasons)s,
            confidence = %(confidence)s, likely_places = %(likely_places)s,
            evidence = %(evidence)s, ai_status = %(ai_status)s,
            ai_provider = %(ai_provider)s, ai_model = %(ai_model)s, ai_prompt = %(ai_prompt)s,
            provenance = provenance || %(by)s::jsonb || (
                SELECT coalesce(jsonb_object_agg(key, value), '{}')
                FROM jsonb_each(provenance) WHERE value = '"human"'),
            sla_version = NULL, version = version + 1, updated_at = now()
        FROM (
            SELECT provenance ->> 'priority' = 'human'
                   OR (priority_inputs @> '[{"name": "escalation"}]'
                       AND array_position(%(levels)s::text[], priority)
                           >= array_position(%(levels)s::text[], %(priority)s)) AS kept
            FROM tickets WHERE id = %(ticket_id)s FOR NO KEY UPDATE
        ) AS held
        WHERE id = %(ticket_id)s AND text_version = %(text_version)s
              AND (provenance ->> 'category' IS DISTINCT FROM 'human'
                   OR (category, request_type) = (%(category)s, %(request_type)s))
        """,
        {
            **asdict(triage),
            "needs_review": triage.needs_review,
            "ticket_id": ticket_id,
            "by": _TRIAGED_BY,
            "levels": list(LEVELS),
            "priority_inputs": Jsonb(triage.priority_inputs),
            "likely_places": triage.likely_places and Jsonb(triage.likely_places),
            "evidence": Jsonb(triage.evidence),
        },
    )
    if stored.rowcount == 0:
        raise TicketEdited


@dataclass(frozen=True)
class Opening:
    """What people see of a triaged ticket; `degraded` names the failed optional steps."""

    title: str
    route: str | None
    degraded: list[str] = field(default_factory=list)
    closes_duplicates: bool = False


def open_for_people(conn: Connection, ticket_id: UUID, read: Ticket, opening: Opening) -> None:
    """Opens the stored ticket for people: title, route, status open.

    The caller must set its clock in the same transaction. With `closes_duplicates` a duplicate is
    closed by rule instead. Raises TicketEdited when the ticket is no longer as it was `read`.
    """
    opened = conn.execute(
        """
        WITH old AS (
            SELECT id, status, status = 'new' AND duplicate_of IS NOT NULL
                               AND %(closes_duplicates)s AS closes FROM tickets
            WHERE id = %(ticket_id)s
                  AND (subject, category, request_type, priority, summary) IS NOT DISTINCT FROM
                      (%(subject)s, %(category)s, %(request_type)s, %(priority)s, %(summary)s)
            FOR NO KEY UPDATE
        ), opened AS (
            UPDATE tickets SET
                title = CASE provenance ->> 'title' WHEN 'human' THEN title ELSE %(title)s END,
                route = CASE provenance ->> 'route' WHEN 'human' THEN route ELSE %(route)s END,
                status = CASE WHEN closes THEN 'closed' WHEN tickets.status = 'new' THEN 'open'
                         ELSE tickets.status END,
                degraded = %(degraded)s,
                provenance = provenance || %(by)s::jsonb
                    || CASE WHEN closes THEN '{"status": "rule"}'::jsonb ELSE '{}' END || (
                    SELECT coalesce(jsonb_object_agg(key, value), '{}')
                    FROM jsonb_each(provenance) WHERE value = '"human"'),
                version = version + 1, updated_at = now()
            FROM old WHERE tickets.id = old.id
            RETURNING tickets.id, old.status AS before, tickets.status AS after
        ), noted AS (
            INSERT INTO events (ticket_id, kind, actor, data)
            SELECT id, 'ticket.status', 'workflow', jsonb_build_object('old', before, 'new', after)
            FROM opened WHERE before <> after
        )
        SELECT id FROM opened
        """,
        {**asdict(read), **vars(opening), "ticket_id": ticket_id, "by": _OPENED_BY},
    ).fetchone()
    if opened is None:
        raise TicketEdited
