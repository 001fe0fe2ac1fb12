"""Reports, as they are listed, read and mailed."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from deskhand.store.connection import Connection


@dataclass(frozen=True, slots=True)
class Report:
    """A report whose file is in the bucket; `faults` are those of its run."""

    id: UUID
    run_id: int
    object_key: str
    sha256: str
    bytes: int
    rows: int
    counts: dict[str, Any]
    review: list[dict[str, Any]]
    faults: list[dict[str, Any]]
    started_at: datetime


def longest(conn: Connection, run_id: int) -> dict[str, int]:
    """The length of the longest value of each column of the run's requests."""
    row = conn.execute(
        """
        SELECT coalesce(max(length(helpdesk_id)), 0) AS helpdesk_id,
               coalesce(max(length(category)), 0) AS category,
               coalesce(max(length(request_type)), 0) AS request_type,
               coalesce(max(length(short_description)), 0) AS short_description,
               coalesce(max(length(sla_value::text)), 0) AS sla_value,
               coalesce(max(length(sla_unit)), 0) AS sla_unit,
               coalesce(max(length(outcome)), 0) AS outcome,
               coalesce(max(length(reason)), 0) AS reason
        FROM attribution_requests WHERE run_id = %(run_id)s
        """,
        {"run_id": run_id},
    ).fetchone()
    return dict(row or {})


def insert(conn: Connection, report: Report) -> None:
    """Stores the report of a run."""
    conn.execute(
        """
        INSERT INTO reports
            (id, run_id, object_key, sha256, bytes, rows, counts, review, started_at)
        VALUES (%(id)s, %(run_id)s, %(object_key)s, %(sha256)s, %(bytes)s, %(rows)s, %(counts)s,
                %(review)s, %(started_at)s)
        """,
        {
            **{name: getattr(report, name) for name in Report.__slots__},
            "counts": Jsonb(report.counts),
            "review": Jsonb(report.review),
        },
    )


def get(conn: Connection, report_id: UUID) -> Report | None:
    """The report, or None."""
    cursor = conn.cursor(row_factory=class_row(Report))
    return cursor.execute(f"{_SELECT} WHERE id = %(id)s", {"id": report_id}).fetchone()


def of_run(conn: Connection, run_id: int) -> Report | None:
    """The report of a run, or None."""
    cursor = conn.cursor(row_factory=class_row(Report))
    return cursor.execute(f"{_SELECT} WHERE run_id = %(id)s", {"id": run_id}).fetchone()


def key_of_file(conn: Connection, report_id: UUID, days: int) -> str | None:
    """The key of the report's file; None when there is no such report, or it is older than
    `days`."""
    row = conn.execute(
        "SELECT object_key FROM reports WHERE id = %(id)s"
        " AND created_at > now() - make_interval(days => %(days)s)",
        {"id": report_id, "days": days},
    ).fetchone()
    return row["object_key"] if row else None


def page(conn: Connection, before: UUID | None, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` reports with their mails, newest first, older than `before`."""
    return conn.execute(
        """
        SELECT r.id, r.run_id, r.created_at, r.rows, r.bytes, r.sha256, r.counts,
               coalesce((
                   SELECT jsonb_agg(jsonb_build_object(
                       'id', m.id, 'recipient', m.recipient, 'sender', m.sender,
                       'requested_by', m.requested_by, 'requested_at', m.requested_at,
                       'status', m.status, 'tries', m.tries, 'repeated', m.repeated,
                       'linked', m.linked, 'bytes', m.bytes, 'sent_at', m.sent_at,
                       'reply', m.reply, 'error', m.error) ORDER BY m.requested_at, m.id)
                   FROM report_mails m WHERE m.report_id = r.id), '[]') AS mails
        FROM reports r
        WHERE %(before)s::uuid IS NULL OR r.id < %(before)s
        ORDER BY r.id DESC LIMIT %(limit)s
        """,
        {"before": before, "limit": limit},
    ).fetchall()


_SELECT = """
SELECT id, run_id, object_key, sha256, bytes, rows, counts, review, faults, started_at
FROM reports JOIN attribution_runs USING (run_id)
"""
