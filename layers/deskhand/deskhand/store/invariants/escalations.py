"""Invariants of due times, escalations and notices."""

from deskhand.store.invariants.invariant import Invariant

ESCALATIONS = (
    Invariant(
        "stage_has_its_event",
        "Each stage that a ticket has reached has exactly one event, and each event a stage",
        """
        SELECT coalesce(s.ticket_id, e.ticket_id) AS id
        FROM escalations s FULL JOIN (
            SELECT ticket_id, (data ->> 'level')::int AS level, count(*) AS n
            FROM events WHERE kind IN ('sla.warned', 'sla.escalated') GROUP BY 1, 2
        ) e ON e.ticket_id = s.ticket_id AND e.level = s.level
        WHERE s.ticket_id IS NULL OR e.n IS DISTINCT FROM 1
        """,
    ),
    Invariant(
        "stage_has_its_notice",
        "Each stage that a ticket has reached has at least one notice, sent or unsent",
        """
        SELECT s.ticket_id AS id FROM escalations s LEFT JOIN notices n USING (ticket_id, level)
        GROUP BY s.ticket_id, s.level HAVING count(n.id) = 0
        """,
    ),
    Invariant(
        "notice_is_sent_once",
        "Each notice that was sent has exactly one event, and an unsent notice has no event",
        """
        SELECT coalesce(n.ticket_id, e.ticket_id) AS id
        FROM (SELECT ticket_id, level, count(sent_at) AS sent FROM notices GROUP BY 1, 2) n
        FULL JOIN (
            SELECT ticket_id, (data ->> 'level')::int AS level, count(*) AS n
            FROM events WHERE kind = 'notice.sent' GROUP BY 1, 2
        ) e ON e.ticket_id = n.ticket_id AND e.level = n.level
        WHERE coalesce(n.sent, 0) <> coalesce(e.n, 0)
        """,
    ),
    Invariant(
        "level_is_the_highest",
        "A ticket shows the highest level that it has reached",
        """
        SELECT t.id FROM tickets t LEFT JOIN escalations s ON s.ticket_id = t.id
        GROUP BY t.id HAVING t.escalation_level <> coalesce(max(s.level), 0)
        """,
    ),
    Invariant(
        "due_time_is_on_the_trail",
        "A ticket's due time is the one in its last sla.due event",
        """
        SELECT t.id FROM tickets t LEFT JOIN LATERAL (
            SELECT data FROM events WHERE ticket_id = t.id AND kind = 'sla.due'
            ORDER BY id DESC LIMIT 1
        ) e ON true
        WHERE t.due_at IS DISTINCT FROM (e.data ->> 'new')::timestamptz
        """,
    ),
    Invariant(
        "nothing_done_escalates",
        "A ticket that is solved, closed or new has no time of escalation",
        """
        SELECT id FROM tickets
        WHERE escalate_at IS NOT NULL AND status IN ('new', 'solved', 'closed')
        """,
    ),
    Invariant(
        "stages_are_on_time",
        "No warning and no escalation is more than five minutes late",
        "SELECT id FROM tickets WHERE escalate_at < now() - interval '5 minutes'",
        at_rest=True,
    ),
    Invariant(
        "notices_are_sent",
        "Every notice has been sent",
        "SELECT DISTINCT ticket_id AS id FROM notices WHERE sent_at IS NULL",
        at_rest=True,
    ),
)
