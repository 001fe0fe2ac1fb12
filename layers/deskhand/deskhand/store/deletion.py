"""Deletes tickets, which the caller's transaction has locked with their runs."""

from uuid import UUID

from deskhand.store import metrics
from deskhand.store.connection import Connection


def delete_ticket(conn: Connection, ticket_id: UUID, actor: str, request_id: str) -> list[UUID]:
    """Deletes a ticket with all that belongs to it; an audit row remains.

    `edits.lock_ticket_and_runs` has locked it.

    Keys that callers chose remain too: a late repeat gets the first answer and creates no second
    ticket. Returns the duplicates that had inherited the triage and that people still work on: each
    needs a triage of its own.
    """
    of_ticket = {"id": ticket_id, "actor": actor, "request_id": request_id}
    metrics.fold_ticket(conn, ticket_id)
    conn.execute(
        """
        INSERT INTO audit (action, actor, ticket_id, request_id, data)
        SELECT 'ticket.deleted', %(actor)s, id, %(request_id)s, jsonb_build_object(
                   'version', version, 'status', status, 'caller', caller, 'runs',
                   (SELECT jsonb_agg(id ORDER BY id) FROM runs WHERE ticket_id = tickets.id))
        FROM tickets WHERE id = %(id)s
        """,
        of_ticket,
    )
    orphans = _free(conn, ticket_id, actor)
    conn.execute(
        "DELETE FROM step_outcomes WHERE run_id IN (SELECT id FROM runs WHERE ticket_id = %(id)s)",
        of_ticket,
    )
    conn.execute("DELETE FROM notices WHERE ticket_id = %(id)s", of_ticket)
    conn.execute("DELETE FROM escalations WHERE ticket_id = %(id)s", of_ticket)
    conn.execute("DELETE FROM outbox WHERE ticket_id = %(id)s", of_ticket)
    conn.execute("DELETE FROM messages WHERE ticket_id = %(id)s", of_ticket)
    conn.execute("DELETE FROM events WHERE ticket_id = %(id)s", of_ticket)
    # A key derived from a ticket's content contains a space, which a key in a header cannot.
    conn.execute(
        "DELETE FROM idempotency_keys WHERE ticket_id = %(id)s AND starts_with(key, 'content ')",
        of_ticket,
    )
    conn.execute("DELETE FROM runs WHERE ticket_id = %(id)s", of_ticket)
    conn.execute("DELETE FROM tickets WHERE id = %(id)s", of_ticket)
    return orphans


def _free(conn: Connection, original: UUID, actor: str) -> list[UUID]:
    """Removes the links of the ticket's duplicates, until triage finds another original.

    A duplicate that a rule closed is opened again, because it was never answered. The next run of
    escalation computes its clock: there can be many, and this transaction stays short.
    """
    rows = conn.execute(
        """
        WITH old AS (
            SELECT id, status,
                   status = 'closed' AND provenance ->> 'status' = 'rule' AS closed_by_rule
            FROM tickets WHERE duplicate_of = %(id)s ORDER BY id FOR NO KEY UPDATE
        ), freed AS (
            UPDATE tickets SET
                duplicate_of = NULL,
                status = CASE WHEN closed_by_rule THEN 'open' ELSE tickets.status END,
                sla_version = CASE WHEN closed_by_rule THEN NULL ELSE sla_version END,
                provenance = provenance - CASE WHEN closed_by_rule
                    THEN ARRAY['duplicate_of', 'status'] ELSE ARRAY['duplicate_of'] END,
                version = version + 1, updated_at = now()
            FROM old WHERE tickets.id = old.id
        ), noted AS (
            INSERT INTO events (ticket_id, kind, actor, data)
            SELECT id, 'ticket.updated', %(actor)s, jsonb_build_object('changes',
                       jsonb_build_object('duplicate_of',
                                          jsonb_build_object('old', %(id)s::text, 'new', NULL)))
            FROM old
        ), reopened AS (
            INSERT INTO events (ticket_id, kind, actor, data)
            SELECT id, 'ticket.status', 'workflow', '{"old": "closed", "new": "open"}'
            FROM old WHERE closed_by_rule
        )
        SELECT id FROM old
        WHERE (status <> 'closed' OR closed_by_rule) AND EXISTS (
            SELECT FROM step_outcomes o
            WHERE o.run_id = (SELECT max(id) FROM runs WHERE ticket_id = old.id)
                  AND o.step = 'link_duplicate' AND (o.verdict ->> 'inherited')::bool)
        """,
        {"id": original, "actor": actor},
    ).fetchall()
    return [row["id"] for row in rows]
