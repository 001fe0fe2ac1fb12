"""Domain metrics as sums over the event log; each event is added exactly once."""

from typing import Any
from uuid import UUID

from deskhand.store.connection import Connection, patient

# Seconds. Steps answer in milliseconds offline and in tens of seconds with a slow model.
STEP_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0, 60.0)
PROCESSING_BUCKETS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0)


# A backlog of a million events takes some ten seconds; inside the function's 60.
_FOLD_SECONDS = 45


def fold(conn: Connection) -> int:
    """Adds new events to the totals and returns their number; safe to call at any time.

    It takes only events of transactions that have ended: those below the snapshot's oldest running
    one. So rows that commit out of order are neither missed nor added twice.
    """
    with patient(conn, _FOLD_SECONDS):
        # The lock needs a statement of its own: a snapshot taken before the wait would be too old.
        conn.execute("SELECT FROM metric_watermark FOR UPDATE")
        window = conn.execute(
            """
            UPDATE metric_watermark new SET folded_before = pg_snapshot_xmin(pg_current_snapshot())
            FROM metric_watermark old
            RETURNING old.folded_before AS low, new.folded_before AS high
            """
        ).fetchone()
        if window is None:
            raise RuntimeError("metric_watermark has lost its row")
        conn.execute(_FOLD, {**window, **_BUCKETS, "ticket_id": None})
        counted = conn.execute(
            "SELECT count(*) AS n FROM events"
            " WHERE transaction_id >= %(low)s AND transaction_id < %(high)s",
            window,
        ).fetchone()
    return int(counted["n"]) if counted else 0


def fold_ticket(conn: Connection, ticket_id: UUID) -> None:
    """Adds the events of a ticket that no fold has taken yet, before they are deleted.

    The caller's transaction holds the ticket, so it gets no further events; the lock stops any fold
    until it ends.
    """
    row = conn.execute("SELECT folded_before AS low FROM metric_watermark FOR UPDATE").fetchone()
    if row is None:
        raise RuntimeError("metric_watermark has lost its row")
    conn.execute(_FOLD, {**row, **_BUCKETS, "high": None, "ticket_id": ticket_id})


def totals(conn: Connection) -> list[dict[str, Any]]:
    """Every sample: its name, labels and value, as Prometheus expects them."""
    return conn.execute(
        "SELECT sample, labels, value FROM metric_totals ORDER BY sample, labels"
    ).fetchall()


_BUCKETS = {"step_buckets": list(STEP_BUCKETS), "processing_buckets": list(PROCESSING_BUCKETS)}

_FOLD = """
WITH fresh AS (
    SELECT * FROM events
    WHERE transaction_id >= %(low)s AND (%(high)s::xid8 IS NULL OR transaction_id < %(high)s)
      AND (%(ticket_id)s::uuid IS NULL OR ticket_id = %(ticket_id)s)
), ended AS (
    SELECT *, jsonb_build_object('status', upper(split_part(kind, '.', 2))) AS status
    FROM fresh WHERE kind IN ('run.completed', 'run.failed')
), observed AS (
    SELECT 'workflow_step_duration_seconds' AS metric,
           jsonb_build_object('step', step, 'outcome', data ->> 'outcome') AS labels,
           (data ->> 'seconds')::float8 AS seconds, %(step_buckets)s::float8[] AS buckets
    FROM fresh WHERE kind IN ('step.succeeded', 'step.failed')
    UNION ALL
    SELECT 'ticket_processing_duration_seconds', '{}'::jsonb,
           (data ->> 'seconds')::float8, %(processing_buckets)s::float8[]
    FROM ended WHERE ticket_id IS NOT NULL
), called AS (
    SELECT data, jsonb_build_object('provider', data -> 'provider') AS provider
    FROM fresh WHERE kind = 'model.called'
), samples AS (
    SELECT 'tickets_created_total' AS sample, '{}'::jsonb AS labels, 1::float8 AS value
    FROM fresh WHERE kind = 'ticket.created'
    UNION ALL
    SELECT 'tickets_processed_total', status, 1 FROM ended WHERE ticket_id IS NOT NULL
    UNION ALL
    SELECT 'attribution_runs_total', status, 1 FROM ended WHERE ticket_id IS NULL
    UNION ALL
    SELECT 'attribution_requests_total', jsonb_build_object('outcome', outcome), n::float8
    FROM fresh, jsonb_each_text(data -> 'verdict' -> 'outcomes') AS counted(outcome, n)
    WHERE kind = 'step.succeeded' AND ticket_id IS NULL
    UNION ALL
    SELECT metric || '_count', labels, 1 FROM observed
    UNION ALL
    SELECT metric || '_sum', labels, seconds FROM observed
    UNION ALL
    SELECT metric || '_bucket', labels || jsonb_build_object('le', bound::text),
           (seconds <= bound)::int
    FROM observed, unnest(buckets || 'Infinity'::float8) AS bound
    UNION ALL
    SELECT 'model_calls_total',
           provider || jsonb_build_object('model', data -> 'model', 'outcome', data -> 'outcome'), 1
    FROM called WHERE NOT (data ->> 'cached')::bool
    UNION ALL
    SELECT 'model_cache_hits_total', provider, 1 FROM called WHERE (data ->> 'cached')::bool
    UNION ALL
    SELECT 'model_tokens_total', provider || jsonb_build_object('direction', direction),
           (data ->> (direction || '_tokens'))::float8
    FROM called, unnest(ARRAY['input', 'output']) AS direction
    UNION ALL
    SELECT 'model_sla_ignored_total', '{}', 1
    FROM fresh WHERE kind = 'step.succeeded' AND data @> '{"verdict": {"sla_ignored": true}}'
    UNION ALL
    SELECT 'sla_warnings_total', jsonb_build_object('priority', data -> 'priority'), 1
    FROM fresh WHERE kind = 'sla.warned'
    UNION ALL
    SELECT 'sla_breaches_total',
           jsonb_build_object('priority', data -> 'priority', 'level', data ->> 'level'), 1
    FROM fresh WHERE kind = 'sla.escalated'
    UNION ALL
    SELECT 'notices_sent_total', jsonb_build_object('channel', data -> 'channel'), 1
    FROM fresh WHERE kind = 'notice.sent'
    UNION ALL
    SELECT 'model_cost_usd_total', provider, (data ->> 'cost_usd')::float8
    FROM called WHERE data ->> 'cost_usd' IS NOT NULL
)
INSERT INTO metric_totals (sample, labels, value)
SELECT sample, labels, sum(value) FROM samples GROUP BY sample, labels
ON CONFLICT (sample, labels) DO UPDATE SET value = metric_totals.value + excluded.value
"""
