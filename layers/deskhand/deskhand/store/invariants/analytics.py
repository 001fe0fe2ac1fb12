"""Invariants of the facts of tickets, and of their sums by day."""

from deskhand.store.invariants.invariant import Invariant

ANALYTICS = (
    Invariant(
        "facts_are_what_events_say",
        "The facts of the newest 10,000 tickets without fresh events are those that a recount of"
        " their events finds",
        """
        WITH settled AS MATERIALIZED (
            SELECT t.id FROM tickets t, metric_watermark w
            WHERE w.folded_before <> '0'
              AND NOT EXISTS (SELECT FROM events e WHERE e.ticket_id = t.id
                              AND e.transaction_id >= w.folded_before)
              AND NOT EXISTS (SELECT FROM ticket_clocks c WHERE c.ticket_id = t.id
                              AND c.transaction_id >= w.folded_before)
              AND NOT EXISTS (SELECT FROM analytics_state WHERE t.id <= unfilled)
            ORDER BY t.id DESC LIMIT 10000
        )
        SELECT s.id FROM settled s
        LEFT JOIN (SELECT r.ticket_id, r AS row FROM facts_of(ARRAY(SELECT id FROM settled)) r) AS r
             ON r.ticket_id = s.id
        LEFT JOIN (SELECT f.ticket_id, f AS row FROM ticket_facts f) AS f ON f.ticket_id = s.id
        WHERE r.row IS DISTINCT FROM f.row
        """,
    ),
    Invariant(
        "sums_are_those_of_the_facts",
        "Every sum of the days since the newest 10,000 tickets came is what the facts add up to",
        """
        WITH since AS MATERIALIZED (
            SELECT coalesce((SELECT (f.created_at AT TIME ZONE a.time_zone)::date + 1
                             FROM ticket_facts f ORDER BY f.created_at DESC OFFSET 10000 LIMIT 1),
                            '-infinity') AS day
            FROM analytics_state a
        )
        SELECT coalesce(s.figure, d.figure) AS id FROM (
            SELECT g.figure, g.day, g.part, g.bucket, count(*) AS n
            FROM ticket_facts f CROSS JOIN analytics_state a
            CROSS JOIN LATERAL sums_of(f, zone_of(f.ticket_id, a)) AS g
            -- A day earlier: the day may begin by another clock.
            WHERE touched_since(f, (SELECT day FROM since)::timestamptz - interval '1 day')
              AND g.day >= (SELECT day FROM since)
            GROUP BY g.figure, g.day, g.part, g.bucket
        ) AS s FULL JOIN (
            SELECT * FROM daily_figures WHERE day >= (SELECT day FROM since)
        ) AS d USING (figure, day, part, bucket)
        WHERE coalesce(s.n, 0) <> coalesce(d.n, 0)
        """,
    ),
)
