"""Tickets as readers see them. With an `owner`, tickets of other callers are not found."""

from collections.abc import Sequence
from typing import Any, LiteralString
from uuid import UUID

from deskhand.store.connection import Connection
from deskhand.store.search import without_words

# Why a ticket waits for a review. A person's own wish is the only reason: it settles what triage
# had said. Customers see none.
REASONS: LiteralString = """
    CASE WHEN NOT t.needs_review OR %(owner)s::text IS NOT NULL THEN '{}'
         WHEN t.provenance ->> 'needs_review' = 'human' THEN '{person}'
         ELSE t.review_reasons END AS review_reasons
"""


def get(conn: Connection, ticket_id: UUID, owner: str | None = None) -> dict[str, Any] | None:
    """Every stored field of a ticket with its latest run, or None.

    Draft, research and old tickets in the evidence are for those who answer: with an `owner` they
    are left out.
    """
    row = conn.execute(
        "SELECT t.*, "
        + REASONS
        + """,
               CASE WHEN %(owner)s::text IS NULL THEN t.draft END AS draft,
               CASE WHEN %(owner)s::text IS NULL THEN t.evidence ELSE jsonb_path_query_array(
                   t.evidence, '$[*] ? (@.source != "history")') END AS evidence,
               r.id AS workflow_run_id, r.status AS workflow_status,
               r.current_step AS workflow_step, r.error AS workflow_error,
               r.reason AS workflow_reason,
               CASE WHEN %(owner)s::text IS NULL THEN (
                   SELECT result FROM step_outcomes WHERE run_id = r.id AND step = 'research'
               ) END AS research,
               (SELECT coalesce(jsonb_agg(jsonb_build_object(
                           'ticket_id', o.id, 'subject', o.subject, 'status', o.status,
                           'cosine', round(s.cosine::numeric, 4),
                           'score', round(s.score::numeric, 4))
                       ORDER BY s.score DESC, o.id), '[]')
                FROM duplicate_suggestions s JOIN tickets o
                     ON o.id = s.similar_id AND o.text_version = s.similar_version
                WHERE s.ticket_id = t.id AND s.text_version = t.text_version
                      AND s.similar_id IS DISTINCT FROM t.duplicate_of
                      AND o.duplicate_of IS DISTINCT FROM t.id
                      AND (%(owner)s::text IS NULL OR o.caller = %(owner)s)
               ) AS suggested_duplicates
        FROM tickets t JOIN LATERAL (
            SELECT * FROM runs WHERE ticket_id = t.id ORDER BY id DESC LIMIT 1
        ) r ON true
        WHERE t.id = %(id)s AND (%(owner)s::text IS NULL OR t.caller = %(owner)s)
        """,
        {"id": ticket_id, "owner": owner},
    ).fetchone()
    return without_words(row)


def titles(conn: Connection, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Id, subject and status of the tickets that exist, by id."""
    rows = conn.execute(
        "SELECT id AS ticket_id, subject, status FROM tickets WHERE id = ANY (%(ids)s)",
        {"ids": list(ids)},
    ).fetchall()
    return {row["ticket_id"]: row for row in rows}


def events(conn: Connection, ticket_id: UUID, owner: str | None = None) -> list[dict[str, Any]]:
    """The ticket's trail in order; empty for an unknown ticket.

    Notes and what became of drafts are for those who answer: with an `owner` they are left out.
    """
    return conn.execute(
        """
        SELECT e.id, e.run_id, e.kind, e.actor, e.step, e.data, e.at
        FROM events e JOIN tickets t ON t.id = e.ticket_id
        WHERE t.id = %(id)s AND (%(owner)s::text IS NULL OR t.caller = %(owner)s
              AND e.kind <> ALL ('{message.note,draft.sent,draft.discarded}'))
        ORDER BY e.id
        """,
        {"id": ticket_id, "owner": owner},
    ).fetchall()


def trail(
    conn: Connection, ticket_id: UUID, after: int, owner: str | None = None
) -> dict[str, Any] | None:
    """The ticket's `events` after an id, in order, and the `count` of all; None: unknown ticket.

    Ids are given before transactions end: an event may appear later than one with a greater id.
    A reader who finds another count than they know has missed one.
    """
    found = events(conn, ticket_id, owner)
    later = [event for event in found if event["id"] > after]
    return {"events": later, "count": len(found)} if found else None


def run(conn: Connection, run_id: int, owner: str | None = None) -> dict[str, Any] | None:
    """A run with the outcome of each of its steps, or None.

    `degraded` lists the failed optional steps, each with its last error; without an error when the
    function itself could not run.
    """
    return conn.execute(
        """
        SELECT r.id, r.ticket_id, r.status, r.attempt, r.current_step, r.error, r.reason,
               r.created_at, r.started_at, r.finished_at, r.request_id, r.execution,
               (SELECT coalesce(max(revision), 0) FROM step_outcomes
                WHERE run_id = r.id AND step = 'draft_reply') AS revisions,
               (SELECT coalesce(jsonb_agg(jsonb_build_object('step', d.step, 'error', (
                           SELECT e.data ->> 'error' FROM events e
                           WHERE e.run_id = r.id AND e.kind = 'step.failed' AND e.step = d.step
                           ORDER BY e.id DESC LIMIT 1)) ORDER BY d.place), '[]')
                FROM step_outcomes o, jsonb_array_elements_text(o.verdict -> 'degraded')
                         WITH ORDINALITY AS d(step, place)
                WHERE o.run_id = r.id AND o.step = 'create_ticket') AS degraded,
               (SELECT coalesce(jsonb_agg(jsonb_build_object(
                           'step', step, 'revision', revision, 'attempt', attempt,
                           'seconds', seconds, 'verdict', verdict) ORDER BY created_at), '[]')
                FROM step_outcomes WHERE run_id = r.id) AS steps
        FROM runs r JOIN tickets t ON t.id = r.ticket_id
        WHERE r.id = %(id)s AND (%(owner)s::text IS NULL OR t.caller = %(owner)s)
        """,
        {"id": run_id, "owner": owner},
    ).fetchone()
