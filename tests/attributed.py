"""Runs of attribution whose requests are classified, as BuildReport finds them."""

from collections.abc import Iterable
from typing import Any

from psycopg.types.json import Jsonb

from deskhand.store import attribution
from deskhand.store.connection import Connection

# What a spreadsheet, a mail or a log could take for something else than text.
HOSTILE: tuple[dict[str, Any], ...] = (
    {"helpdesk_id": "=1+1", "short_description": '=HYPERLINK("https://evil.example","x")'},
    {"helpdesk_id": "007", "short_description": "{=1}", "category": "@SUM(A1)"},
    {"helpdesk_id": "-1", "short_description": "internal:Sheet2!A1", "request_type": "+1"},
    {"helpdesk_id": None, "short_description": "https://a.example/?q=<script>x</script>"},
    {"helpdesk_id": "1", "short_description": "z" * 40_000, "sla_value": 8, "sla_unit": "hours"},
    {"helpdesk_id": "2", "short_description": "two\nlines\tand\x07bell", "sla_value": 0},
    {"helpdesk_id": "2", "short_description": None, "sla_value": 2.5, "sla_unit": "days"},
    {"helpdesk_id": "3", "short_description": "<b>Ä</b>", "outcome": "rejected",
     "reason": "[Network, Cake] is not in the catalog"},
    {"helpdesk_id": "4", "short_description": "Kamera \U0001f600", "outcome": "failed",
     "reason": "its batch failed", "category": "apps"},
)  # fmt: skip


PROBLEM = "it is not an object"


def attributed(conn: Connection, rows: Iterable[dict[str, Any]] = HOSTILE) -> int:
    """The id of an open run with these requests; what a row does not say is usual."""
    message = attribution.start(conn, "schedule", "req-1")
    assert message is not None
    stored = list(rows)
    usual = {"outcome": "complete", "evidence": [], "run_id": message.run_id}
    conn.execute(
        "INSERT INTO attribution_requests"
        " SELECT r.* FROM jsonb_populate_recordset(NULL::attribution_requests, %s) r",
        [Jsonb([{**usual, **row, "position": at} for at, row in enumerate(stored)])],
    )
    counted(conn, message.run_id)
    return message.run_id


def unread(conn: Connection, run_id: int, items: int) -> None:
    """The helpdesk's answer began with items that could not be read; a hundred are named."""
    faults = [{"index": index, "problem": PROBLEM} for index in range(min(items, 100))]
    conn.execute(
        "UPDATE attribution_runs SET unreadable = %(items)s, fetched = fetched + %(items)s,"
        " faults = %(faults)s WHERE run_id = %(run_id)s",
        {"items": items, "faults": Jsonb(faults), "run_id": run_id},
    )


def counted(conn: Connection, run_id: int) -> None:
    """The run counts the requests that a test has stored."""
    conn.execute(
        """
        UPDATE attribution_runs SET unreadable = 0, fetched = q.fetched, batches = q.batches,
            complete = q.complete, classified = q.classified, rejected = q.rejected,
            failed = q.failed
        FROM (SELECT count(*) AS fetched, count(DISTINCT batch) AS batches,
                     count(*) FILTER (WHERE outcome = 'complete') AS complete,
                     count(*) FILTER (WHERE outcome = 'classified') AS classified,
                     count(*) FILTER (WHERE outcome = 'rejected') AS rejected,
                     count(*) FILTER (WHERE outcome = 'failed') AS failed
              FROM attribution_requests WHERE run_id = %(run_id)s) q
        WHERE attribution_runs.run_id = %(run_id)s
        """,
        {"run_id": run_id},
    )
