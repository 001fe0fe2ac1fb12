"""Invariants of keys, tickets, deletions and totals."""

from deskhand.store.invariants.invariant import Invariant

TICKETS = (
    Invariant(
        "key_has_its_ticket",
        "A key that created a ticket names one that exists or that was deleted",
        """
        SELECT k.ticket_id AS id FROM idempotency_keys k LEFT JOIN tickets t ON t.id = k.ticket_id
        WHERE k.ticket_id IS NOT NULL AND (
            (t.id IS NULL AND NOT EXISTS (
                SELECT FROM audit a
                WHERE a.ticket_id = k.ticket_id AND a.action = 'ticket.deleted'))
            OR (k.route IN ('/tickets', '/incidents') AND (
                t.caller <> k.caller OR position(k.ticket_id::text IN k.answer) = 0)))
        """,
    ),
    Invariant(
        "one_key_a_ticket",
        "No ticket was created with two keys",
        """
        SELECT ticket_id AS id FROM idempotency_keys
        WHERE ticket_id IS NOT NULL AND route IN ('/tickets', '/incidents')
        GROUP BY ticket_id HAVING count(*) > 1
        """,
    ),
    Invariant(
        "created_once",
        "Every ticket has exactly one ticket.created event",
        """
        SELECT t.id FROM tickets t LEFT JOIN events e
            ON e.ticket_id = t.id AND e.kind = 'ticket.created'
        GROUP BY t.id HAVING count(e.id) <> 1
        """,
    ),
    Invariant(
        "left_new_once",
        "Every ticket that is no longer new has left that status exactly once",
        """
        SELECT t.id FROM tickets t LEFT JOIN events e
            ON e.ticket_id = t.id AND e.kind = 'ticket.status' AND e.data ->> 'old' = 'new'
        GROUP BY t.id HAVING count(e.id) <> (t.status <> 'new')::int
        """,
    ),
    Invariant(
        "ticket_has_a_run",
        "Every ticket has a run, and at most one open one",
        """
        SELECT t.id FROM tickets t LEFT JOIN runs r ON r.ticket_id = t.id
        GROUP BY t.id
        HAVING count(r.id) = 0
            OR count(*) FILTER (WHERE r.status IN ('PENDING', 'IN_PROGRESS')) > 1
        """,
    ),
    Invariant(
        "pending_is_under_way",
        "A ticket whose triage is pending has an open run",
        """
        SELECT t.id FROM tickets t WHERE t.ai_status = 'PENDING' AND NOT EXISTS (
            SELECT FROM runs r WHERE r.ticket_id = t.id AND r.status IN ('PENDING', 'IN_PROGRESS'))
        """,
    ),
    Invariant(
        "same_ticket",
        "Events and messages of a run belong to the run's ticket",
        """
        SELECT 'event ' || e.id AS id FROM events e JOIN runs r ON r.id = e.run_id
        WHERE e.ticket_id IS DISTINCT FROM r.ticket_id
        UNION ALL
        SELECT 'message of run ' || o.run_id FROM outbox o JOIN runs r ON r.id = o.run_id
        WHERE o.ticket_id IS DISTINCT FROM r.ticket_id
        """,
    ),
    Invariant(
        "versions_count",
        "Versions count from 1, and every edit of a ticket's text is an edit of the ticket",
        """
        SELECT id FROM tickets
        WHERE version < 1 OR text_version < 1 OR text_version > version OR escalation_level < 0
        """,
    ),
    Invariant(
        "provenance_is_known",
        "A triaged field was set by a human, a rule or AI",
        """
        SELECT id FROM tickets
        WHERE jsonb_typeof(provenance) <> 'object' OR EXISTS (
            SELECT FROM jsonb_each_text(
                CASE jsonb_typeof(provenance) WHEN 'object' THEN provenance ELSE '{}' END)
            WHERE key <> ALL (ARRAY['category', 'request_type', 'priority', 'summary',
                                    'needs_review', 'title', 'route', 'due_at', 'status',
                                    'assignee', 'duplicate_of'])
               OR value <> ALL (ARRAY['human', 'rule', 'ai']))
        """,
    ),
    Invariant(
        "duplicates_do_not_chain",
        "A duplicate points to an original that is no duplicate itself",
        """
        SELECT d.id FROM tickets d JOIN tickets o ON o.id = d.duplicate_of
        WHERE o.duplicate_of IS NOT NULL
        """,
    ),
    Invariant(
        "deleted_is_gone",
        "Nothing is left of a deleted ticket, and it was deleted only once",
        """
        SELECT a.ticket_id AS id FROM audit a LEFT JOIN tickets t ON t.id = a.ticket_id
        WHERE a.action = 'ticket.deleted'
        GROUP BY a.ticket_id HAVING count(*) > 1 OR count(t.id) > 0
        """,
    ),
    Invariant(
        "totals_are_exact",
        "The totals count each folded event exactly once, deleted tickets included",
        """
        SELECT 'tickets_created_total' AS id
        WHERE (SELECT coalesce(sum(value), 0) FROM metric_totals
               WHERE sample = 'tickets_created_total') <>
              (SELECT count(*) FROM events JOIN metric_watermark ON transaction_id < folded_before
               WHERE kind = 'ticket.created') +
              (SELECT count(*) FROM audit WHERE action = 'ticket.deleted')
        UNION ALL
        SELECT 'tickets_processed_total ' || status
        FROM (
            SELECT status,
                   (SELECT coalesce(sum(value), 0) FROM metric_totals
                    WHERE sample = 'tickets_processed_total'
                          AND labels ->> 'status' = status) AS total,
                   (SELECT count(*) FROM events
                    JOIN metric_watermark ON transaction_id < folded_before
                    WHERE kind = 'run.' || lower(status) AND ticket_id IS NOT NULL) AS counted
            FROM (VALUES ('COMPLETED'), ('FAILED')) AS ended(status)) AS processed
        -- Of a deleted ticket, the ends of its runs are only in the totals.
        WHERE total < counted
           OR (total > counted AND NOT EXISTS (SELECT FROM audit WHERE action = 'ticket.deleted'))
        """,
    ),
    Invariant(
        "totals_are_recent",
        "Every event older than five minutes is in the totals",
        """
        SELECT DISTINCT ticket_id AS id
        FROM events JOIN metric_watermark ON transaction_id >= folded_before
        WHERE at < now() - interval '5 minutes'
        """,
        at_rest=True,
    ),
)
