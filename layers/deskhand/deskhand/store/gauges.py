"""Gauges of the metrics, read from the tables at the moment they are asked for."""

from typing import Any

from deskhand.store.connection import Connection


def gauges(conn: Connection) -> list[dict[str, Any]]:
    """Every gauge that the database knows: its sample, labels and value."""
    return [row for query in _QUERIES for row in conn.execute(query).fetchall()]


def catalog_age(conn: Connection, location: str) -> float | None:
    """Seconds since the catalog's source last answered, or was first asked; None: never asked."""
    row = conn.execute(
        """
        SELECT extract(epoch FROM now() - coalesce(checked_at, since))::float8 AS seconds
        FROM catalog_source WHERE location = %(location)s
        """,
        {"location": location},
    ).fetchone()
    return float(row["seconds"]) if row else None


def spent_today(conn: Connection) -> float:
    """US dollars of today's budget (UTC), spent and reserved."""
    row = conn.execute(
        "SELECT cost_usd FROM model_days WHERE day = (now() AT TIME ZONE 'UTC')::date"
    ).fetchone()
    return float(row["cost_usd"]) if row else 0.0


# A replay begins a run anew, so its age counts from the first attempt after it. Attempts that
# reconcile adds do not: a run that needs one after the other is stuck.
_RUNS = """
WITH open AS (
    SELECT status, min(o.created_at) AS since
    FROM runs r JOIN outbox o ON o.run_id = r.id AND o.attempt > r.written_off
    WHERE status IN ('PENDING', 'IN_PROGRESS') GROUP BY r.id
)
SELECT 'runs_open' AS sample, jsonb_build_object('status', status) AS labels,
       count(*)::float8 AS value
FROM open GROUP BY status
UNION ALL
SELECT 'runs_oldest_seconds', '{}',
       coalesce(extract(epoch FROM now() - min(since)), 0)::float8 FROM open
"""

# A message that waits for a place is due again every few seconds and has no tries: it counts from
# the time it was due. One that the queue refused twice counts from its beginning.
_OUTBOX = """
WITH unsent AS (
    SELECT greatest(now() - CASE WHEN tries > 1 THEN created_at ELSE next_try_at END,
                    interval '0') AS age
    FROM outbox WHERE sent_at IS NULL
)
SELECT 'outbox_unsent' AS sample, '{}'::jsonb AS labels, count(*)::float8 AS value FROM unsent
UNION ALL
SELECT 'outbox_oldest_seconds', '{}', coalesce(extract(epoch FROM max(age)), 0)::float8 FROM unsent
"""

# SQS tells nobody how old its oldest message is. It is the one whose run has waited longest for a
# dispatch since it was sent.
_QUEUE = """
SELECT 'queue_oldest_seconds' AS sample, '{"queue": "tickets"}'::jsonb AS labels,
       coalesce(extract(epoch FROM now() - min(o.sent_at)), 0)::float8 AS value
FROM runs r JOIN outbox o ON o.run_id = r.id AND o.attempt = r.attempt
WHERE r.status IN ('PENDING', 'IN_PROGRESS') AND r.dispatched < r.attempt
"""

_TICKETS = """
WITH open AS (
    SELECT status, coalesce(priority, 'none') AS priority, count(*) AS tickets,
           count(*) FILTER (WHERE needs_review) AS to_review
    FROM tickets WHERE status IN ('new', 'open', 'pending', 'hold') GROUP BY 1, 2
)
SELECT 'tickets_open' AS sample, jsonb_build_object('status', status, 'priority', priority)
       AS labels, tickets::float8 AS value
FROM open
UNION ALL
SELECT 'tickets_needing_review', '{}', coalesce(sum(to_review), 0)::float8 FROM open
"""

_BREAKERS = """
SELECT 'breaker_open' AS sample, jsonb_build_object('provider', provider) AS labels,
       (bool_or(opened_at IS NOT NULL))::int::float8 AS value
FROM model_gates GROUP BY provider
"""

_QUERIES = (_RUNS, _OUTBOX, _QUEUE, _TICKETS, _BREAKERS)
