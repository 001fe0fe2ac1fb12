"""Runs of attribution, and their requests as the report reads them.

A run is a row of `runs` without a ticket, so outbox, fence, step outcomes, model calls, failures
and replay are those of triage; `attribution_runs` holds what it has beside. Its steps are
`fetch_requests`, `classify_batch` (once for each batch: its `revision` is the batch's number),
`build_report` and `send_report`. The verdict of `send_report` names the number of mails `sent`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import batched
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from deskhand.store.connection import Connection
from deskhand.store.outbox import AnyMessage, Message


@dataclass(frozen=True, slots=True)
class Reported:
    """A request in the report: the helpdesk's fields, with the empty ones filled where possible.

    `outcome` says how: `complete` (no model was asked), `classified` (by `provider`), `rejected`
    (its pair is not in the catalog), `conflict` (no type fits its category), `missing` (no answer
    about it), `failed` (its batch failed). The last four are left as they were fetched, with a
    `reason`, and need a person.
    """

    position: int
    helpdesk_id: str | None
    category: str | None
    request_type: str | None
    short_description: str | None
    sla_value: float | None
    sla_unit: str | None
    outcome: str
    reason: str | None
    provider: str | None
    model: str | None
    confidence: float | None


def start(conn: Connection, started_by: str, request_id: str) -> AnyMessage | None:
    """Opens a run and puts its message into the outbox; None while another one is open."""
    cursor = conn.cursor(row_factory=class_row(Message[UUID | None]))
    return cursor.execute(
        """
        WITH run AS (
            INSERT INTO runs (workflow, request_id) VALUES ('attribution', %(request_id)s)
            ON CONFLICT (workflow) WHERE workflow <> 'triage'
                AND status IN ('PENDING', 'IN_PROGRESS') DO NOTHING
            RETURNING id, attempt
        ), detail AS (
            INSERT INTO attribution_runs (run_id, started_by) SELECT id, %(started_by)s FROM run
        ), owed AS (
            -- The relay skips a new message for a while: the caller sends it right after this.
            INSERT INTO outbox (run_id, attempt, next_try_at)
            SELECT id, attempt, now() + interval '30 seconds' FROM run
        )
        SELECT NULL::uuid AS ticket_id, id AS run_id, attempt FROM run
        """,
        {"started_by": started_by, "request_id": request_id},
    ).fetchone()


def note_skipped(conn: Connection, run_id: int, actor: str) -> None:
    """Notes with the open run that another start was skipped because of it."""
    conn.execute(
        "INSERT INTO events (run_id, kind, actor) VALUES (%(run_id)s, 'run.skipped', %(actor)s)",
        {"run_id": run_id, "actor": actor},
    )


def open_run(conn: Connection) -> int | None:
    """The id of the run that is open, or None."""
    row = conn.execute(
        "SELECT id FROM runs"
        " WHERE workflow = 'attribution' AND status IN ('PENDING', 'IN_PROGRESS')"
    ).fetchone()
    return row["id"] if row else None


def run(conn: Connection, run_id: int) -> dict[str, Any] | None:
    """A run with its counts, or None:

    `{id, status, attempt, current_step, error, reason, created_at, started_at, finished_at,
    request_id, started_by, skipped, catalog_version, faults: [{index, problem}], providers:
    [{provider, model}], counts: {fetched, unreadable, values_unread, complete, classified,
    rejected, conflict, missing, failed, waiting, batches, batches_done, batches_failed, calls,
    splits, sla_ignored, sent, cost_usd}}`. `fetched`, `unreadable`, `values_unread` and `sent` are
    None before their step has ended, the cost when a price is unknown. `skipped` starts of the
    schedule came while the run was open.
    """
    rows = page(conn, None, 1, run_id)
    return rows[0] if rows else None


def page(
    conn: Connection, before: int | None, limit: int, run_id: int | None = None
) -> list[dict[str, Any]]:
    """Up to `limit` runs as `run` shows them, newest first, older than `before`."""
    return conn.execute(_RUNS, {"before": before, "limit": limit, "run_id": run_id}).fetchall()


def requests(conn: Connection, run_id: int) -> Iterator[Reported]:
    """The run's requests in the order of the report: category, type and description (blanks first,
    upper and lower case alike), then id and position.

    Only their positions are read at once; the rows come in portions, so any number of them takes
    the same memory, and no cursor outlives a statement.
    """
    row = conn.execute(_POSITIONS, {"run_id": run_id}).fetchone()
    positions: list[int] = (row["positions"] if row else None) or []
    cursor = conn.cursor(row_factory=class_row(Reported))
    for portion in batched(positions, _PORTION, strict=False):
        yield from cursor.execute(_PORTION_ROWS, {"run_id": run_id, "positions": list(portion)})


_PORTION = 1_000

_POSITIONS = """
SELECT array_agg(position ORDER BY
           lower(coalesce(category, '')) COLLATE "C", lower(coalesce(request_type, '')) COLLATE "C",
           lower(coalesce(short_description, '')) COLLATE "C",
           coalesce(helpdesk_id, '') COLLATE "C", position) AS positions
FROM attribution_requests WHERE run_id = %(run_id)s
"""

_PORTION_ROWS = """
SELECT request.position, helpdesk_id, category, request_type, short_description, sla_value,
       sla_unit, outcome, reason, provider, model, confidence
FROM unnest(%(positions)s::int[]) WITH ORDINALITY AS wanted(position, place)
JOIN attribution_requests AS request
     ON request.run_id = %(run_id)s AND request.position = wanted.position
ORDER BY wanted.place
"""

_RUNS = """
SELECT r.id, r.status, r.attempt, r.current_step, r.error, r.reason, r.created_at, r.started_at,
       r.finished_at, r.request_id, a.started_by, a.catalog_version, a.faults,
       (SELECT count(*) FROM events WHERE run_id = r.id AND kind = 'run.skipped') AS skipped,
       a.providers,
       jsonb_build_object(
           'fetched', a.fetched, 'unreadable', a.unreadable,
           'values_unread', (SELECT verdict -> 'values_unread' FROM step_outcomes
                             WHERE run_id = r.id AND step = 'fetch_requests'),
           'complete', a.complete, 'classified', a.classified, 'rejected', a.rejected,
           'conflict', a.conflict, 'missing', a.missing, 'failed', a.failed,
           'waiting', coalesce(a.fetched - a.unreadable, 0) - a.complete - a.classified
                      - a.rejected - a.conflict - a.missing - a.failed,
           'batches', a.batches, 'batches_done', a.batches_done,
           'batches_failed', a.batches_failed, 'calls', m.calls, 'splits', a.splits,
           'sla_ignored', a.sla_ignored,
           'sent', (SELECT count(*) FILTER (WHERE mail.status = 'sent')
                    FROM reports LEFT JOIN report_mails AS mail ON mail.report_id = reports.id
                    WHERE reports.run_id = r.id GROUP BY reports.id),
           'cost_usd', m.cost_usd) AS counts
FROM runs r JOIN attribution_runs a ON a.run_id = r.id, LATERAL (
    SELECT coalesce(sum(requests), 0) AS calls,
           CASE WHEN bool_and(cost_usd IS NOT NULL OR outcome <> 'ok') IS NOT FALSE
                THEN coalesce(sum(cost_usd) FILTER (WHERE outcome = 'ok'), 0)::float8 END
               AS cost_usd
    FROM model_calls WHERE run_id = r.id AND provider <> 'offline'
) m
WHERE (%(run_id)s::bigint IS NULL OR r.id = %(run_id)s)
  AND (%(before)s::bigint IS NULL OR r.id < %(before)s)
ORDER BY r.id DESC LIMIT %(limit)s
"""
