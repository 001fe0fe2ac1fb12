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
        "Every sum of a day is what the facts add up to",
        """
        SELECT coalesce(s.figure, d.figure) AS id FROM (
            SELECT g.figure, g.day, g.part, g.bucket, count(*) AS n
            FROM ticket_facts f CROSS JOIN analytics_state a
            CROSS JOIN LATERAL figures_of(f, zone_of(f.ticket_id, a)) AS g
            GROUP BY g.figure, g.day, g.part, g.bucket
        ) AS s FULL JOIN daily_figures AS d USING (figure, day, part, bucket)
        WHERE coalesce(s.n, 0) <> coalesce(d.n, 0)
        """,
    ),
)
