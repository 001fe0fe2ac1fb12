"""Metrics as sums over the event log and over increments; each is added exactly once."""

from collections.abc import Mapping
from itertools import product
from time import monotonic
from typing import Any, NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from deskhand.store import facts
from deskhand.store.admission import limit_statements
from deskhand.store.connection import Connection, patient
from deskhand.store.metric_names import HTTP, INTAKE, Sample

# Seconds. Steps answer in milliseconds offline and in tens of seconds with a slow model. Few
# buckets: each is a series of its own for every step, and outcome, or route.
STEP_BUCKETS = (0.25, 2.5, 20.0)
PROCESSING_BUCKETS = (1.0, 5.0, 60.0, 300.0)
# Label sets of HTTP with those of INTAKE; further ones are added up as route and method "other",
# whose status is 5xx or "other".
HTTP_SETS = 6

# Events, or clocks of tickets, of one transaction. Deletions wait for it: some tenths of a second.
BATCH = 1_000
# For one batch. A transaction is never divided, and one may have changed many tickets.
_BATCH_SECONDS = 45


class Folded(NamedTuple):
    """How many events were added, and whether more wait for the next call."""

    events: int
    more: bool


def fold(conn: Connection, seconds: float = 30) -> Folded:
    """Adds new events to the totals and to the facts, for some seconds; safe to call at any time.

    Each batch has a transaction of its own, so what was added stays added.
    """
    end = monotonic() + seconds
    folded = _fold_batch(conn)
    while folded.more and monotonic() < end:
        events, more = _fold_batch(conn)
        folded = Folded(folded.events + events, more)
    return folded


def _fold_batch(conn: Connection) -> Folded:
    """Adds the events of some transactions, the oldest first.

    It takes only transactions that have ended: those below the snapshot's oldest running one. So
    rows that commit out of order are neither missed nor added twice. What has no event is added
    with the last batch.
    """
    with patient(conn, _BATCH_SECONDS):
        # The lock needs a statement of its own: a snapshot taken before the wait would be too old.
        conn.execute("SELECT FROM metric_watermark FOR UPDATE")
        found = conn.execute(_ADVANCE, {"most": BATCH}).fetchone()
        if found is None:
            raise RuntimeError("metric_watermark has lost its row")
        window = {"low": found["low"], "high": found["high"]}
        conn.execute(_FOLD, {**window, **_BUCKETS, "ticket_id": None})
        facts.fold(conn, **window)
        if not found["more"]:
            conn.execute(_TAKE, _HTTP)
            facts.note_folded(conn)
        counted = conn.execute(
            "SELECT count(*) AS n FROM events"
            " WHERE transaction_id >= %(low)s AND transaction_id < %(high)s",
            window,
        ).fetchone()
    return Folded(int(counted["n"]) if counted else 0, found["more"])


def fold_ticket(conn: Connection, ticket_id: UUID) -> None:
    """Adds the events of a ticket that no fold has taken yet, before they are deleted, and keeps
    what its facts add to the figures of earlier days.

    The caller's transaction holds the ticket, so it gets no further events; the lock stops any fold
    until it ends.
    """
    row = conn.execute("SELECT folded_before AS low FROM metric_watermark FOR UPDATE").fetchone()
    if row is None:
        raise RuntimeError("metric_watermark has lost its row")
    conn.execute(_FOLD, {**row, **_BUCKETS, "high": None, "ticket_id": ticket_id})
    facts.bury(conn, ticket_id)


def add(conn: Connection, samples: Mapping[Sample, float]) -> None:
    """Counts something that has no event, in the transaction of the caller."""
    conn.execute(
        """
        INSERT INTO metric_increments (sample, labels, value)
        SELECT * FROM unnest(%(names)s::text[], %(labels)s::jsonb[], %(values)s::float8[])
        """,
        {
            "names": [name for name, _ in samples],
            "labels": [Jsonb(dict(labels)) for _, labels in samples],
            "values": [float(value) for value in samples.values()],
        },
    )


def add_soon(conn: Connection, samples: Mapping[Sample, float]) -> None:
    """The same outside a transaction, in one short round trip: it waits neither for locks nor for
    the disk."""
    with conn.pipeline():
        limit_statements(conn)
        add(conn, samples)


def lag(conn: Connection) -> float:
    """Seconds since the oldest event that no fold has taken; 0: there is none."""
    row = conn.execute(
        """
        SELECT coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0)::float8 AS seconds
        FROM events JOIN metric_watermark ON transaction_id >= folded_before
        """
    ).fetchone()
    return float(row["seconds"]) if row else 0.0


def take_increases(conn: Connection) -> list[dict[str, Any]]:
    """The increase of each sample since the last call, without buckets; it is not told again."""
    return conn.execute(
        """
        WITH grown AS (
            SELECT sample, labels, value - reported AS value FROM metric_totals
            WHERE value <> reported AND NOT labels ? 'le' FOR UPDATE
        )
        UPDATE metric_totals new SET reported = new.value FROM grown
        WHERE new.sample = grown.sample AND new.labels = grown.labels
        RETURNING grown.sample, grown.labels, grown.value
        """
    ).fetchall()


def totals(conn: Connection) -> list[dict[str, Any]]:
    """Every sample: its name, labels and value, as Prometheus expects them."""
    return conn.execute(
        "SELECT sample, labels, value FROM metric_totals ORDER BY sample, labels"
    ).fetchall()


_BUCKETS = {"step_buckets": list(STEP_BUCKETS), "processing_buckets": list(PROCESSING_BUCKETS)}

# The watermark moves behind the transaction of the BATCHth row, or of the last one that has ended.
_ADVANCE = """
WITH ends AS MATERIALIZED (
    SELECT folded_before AS low, pg_snapshot_xmin(pg_current_snapshot()) AS latest
    FROM metric_watermark
), last AS MATERIALIZED (
    SELECT transaction_id FROM (
        (SELECT transaction_id FROM events WHERE transaction_id >= (SELECT low FROM ends)
             AND transaction_id < (SELECT latest FROM ends)
         ORDER BY transaction_id LIMIT %(most)s)
        UNION ALL
        (SELECT transaction_id FROM ticket_clocks WHERE transaction_id >= (SELECT low FROM ends)
             AND transaction_id < (SELECT latest FROM ends)
         ORDER BY transaction_id LIMIT %(most)s)
    ) AS waiting ORDER BY transaction_id OFFSET %(most)s - 1 LIMIT 1
), high AS (
    SELECT least(latest,
        (SELECT transaction_id FROM events WHERE transaction_id > (SELECT transaction_id FROM last)
         ORDER BY transaction_id LIMIT 1),
        (SELECT transaction_id FROM ticket_clocks
         WHERE transaction_id > (SELECT transaction_id FROM last)
         ORDER BY transaction_id LIMIT 1)) AS high
    FROM ends
)
UPDATE metric_watermark SET folded_before = high FROM ends, high
RETURNING low, high, high < latest AS more
"""

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
           (data ->> 'seconds')::float8 AS seconds,
           CASE kind WHEN 'step.succeeded' THEN %(step_buckets)s::float8[] ELSE '{}' END AS buckets
    FROM fresh WHERE kind IN ('step.succeeded', 'step.failed')
    UNION ALL
    SELECT 'ticket_processing_duration_seconds', '{}'::jsonb,
           (data ->> 'seconds')::float8, %(processing_buckets)s::float8[]
    FROM ended WHERE ticket_id IS NOT NULL
    UNION ALL
    SELECT 'report_mail_seconds', '{}'::jsonb,
           (data ->> 'seconds')::float8, %(step_buckets)s::float8[]
    FROM fresh WHERE kind = 'report.sent'
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
    SELECT 'model_fallback_answers_total', provider, 1
    FROM called WHERE (data ->> 'fallback')::bool AND data ->> 'outcome' = 'ok'
    UNION ALL
    SELECT 'model_tokens_total', provider || jsonb_build_object('direction', direction),
           (data ->> (direction || '_tokens'))::float8
    FROM called, unnest(ARRAY['input', 'output']) AS direction
    UNION ALL
    SELECT 'model_sla_ignored_total', '{}', 1
    FROM fresh WHERE kind = 'step.succeeded' AND data @> '{"verdict": {"sla_ignored": true}}'
    UNION ALL
    SELECT 'steps_degraded_total', jsonb_build_object('step', missing), 1
    FROM fresh, jsonb_array_elements_text(data #> '{verdict,degraded}') AS missing
    WHERE kind = 'step.succeeded' AND step = 'create_ticket'
    UNION ALL
    -- A link that moves to another original is no new one.
    SELECT 'duplicates_linked_total', '{}', 1
    FROM fresh WHERE kind = 'ticket.updated'
                     AND jsonb_typeof(data #> '{changes,duplicate_of,old}') = 'null'
    UNION ALL
    -- By people; the workflow frees an edited ticket only until it has compared the new text.
    SELECT 'duplicates_undone_total', '{}', 1
    FROM fresh WHERE kind = 'ticket.updated' AND actor <> 'workflow'
                     AND jsonb_typeof(data #> '{changes,duplicate_of,new}') = 'null'
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
    SELECT 'reports_sent_total', '{}', 1 FROM fresh WHERE kind = 'report.sent'
    UNION ALL
    SELECT 'model_cost_usd_total', provider, (data ->> 'cost_usd')::float8
    FROM called WHERE data ->> 'cost_usd' IS NOT NULL
)
INSERT INTO metric_totals (sample, labels, value)
SELECT sample, labels, sum(value) FROM samples GROUP BY sample, labels
ON CONFLICT (sample, labels) DO UPDATE SET value = metric_totals.value + excluded.value
"""

_HTTP = {
    "http": HTTP,
    "sets": HTTP_SETS,
    "intake": [
        Jsonb({"route": route, "method": method, "status": status})
        for route, method, status in product(*INTAKE.values())
    ],
}

# A label set keeps its own series once it has one. Routes come from the code, yet there are too
# many of them for a series each.
_TAKE = """
WITH taken AS (
    DELETE FROM metric_increments RETURNING sample, labels, value
), sets AS (
    SELECT labels, row_number() OVER (ORDER BY bool_or(known) DESC, labels) AS place
    FROM (SELECT unnest(%(intake)s::jsonb[]) AS labels, true AS known
          UNION ALL
          SELECT labels, labels ->> 'route' <> 'other' FROM metric_totals
          WHERE sample = %(http)s || '_count'
          UNION ALL
          SELECT labels, false FROM taken WHERE sample = %(http)s || '_count') AS every
    GROUP BY labels
), placed AS (
    SELECT sample, value, CASE WHEN place > %(sets)s
               THEN taken.labels || '{"route": "other", "method": "other"}' || jsonb_build_object(
                   'status', CASE taken.labels ->> 'status' WHEN '5xx' THEN '5xx' ELSE 'other' END)
               ELSE taken.labels END AS labels
    FROM taken LEFT JOIN sets
         ON starts_with(sample, %(http)s) AND sets.labels = taken.labels - 'le'
)
INSERT INTO metric_totals (sample, labels, value)
SELECT sample, labels, sum(value) FROM placed GROUP BY sample, labels
ON CONFLICT (sample, labels) DO UPDATE SET value = metric_totals.value + excluded.value
"""
