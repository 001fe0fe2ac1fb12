"""A fold of 100,000 events and the facts of their tickets; and again, with nothing changed."""

import time

from rich.table import Table

from deskhand.store import metrics
from deskhand.store.connection import Connection
from tests.bench.filled import filled

TICKETS = 25_000
# As many tickets to a transaction as a busy desk has: one.
_TRANSACTIONS = """
    DO $$ BEGIN
        FOR n IN 1..(SELECT count(*) FROM tickets) LOOP
            PERFORM pg_current_xact_id(); COMMIT;
        END LOOP;
    END $$
"""
_SPREAD = """
    UPDATE {} SET transaction_id = (%(first)s + place)::text::xid8
    FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM tickets) AS numbered
    WHERE numbered.id = ticket_id
"""


def measure() -> Table:
    """Seconds for all, and for 100,000 events; batches, and the longest of them."""
    table = Table(title=f"a fold of the events of {TICKETS:,} tickets")
    for column in ("", "events", "batches", "seconds", "for 100,000", "longest batch"):
        table.add_column(column, justify="right" if column else "left")
    with filled(TICKETS, counted=True, folded=False) as conn:
        _spread(conn)
        _add(table, "new tickets", conn)
        conn.execute("UPDATE metric_watermark SET folded_before = '0'")
        _add(table, "the same again", conn)
    return table


def _spread(conn: Connection) -> None:
    """Gives each ticket's events and its clock a transaction of their own."""
    row = conn.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS first").fetchone()
    conn.execute("SET synchronous_commit = off")
    conn.execute(_TRANSACTIONS)
    for table in ("events", "ticket_clocks"):
        conn.execute(_SPREAD.format(table).encode(), {"first": int(row["first"]) if row else 0})
    conn.execute("VACUUM ANALYZE events, ticket_clocks")


def _add(table: Table, name: str, conn: Connection) -> None:
    took: list[float] = []
    events, more = 0, True
    while more:
        start = time.perf_counter()
        folded = metrics.fold(conn, 0)
        took.append(time.perf_counter() - start)
        events, more = events + folded.events, folded.more
    whole = sum(took)
    table.add_row(name, f"{events:,}", str(len(took)), f"{whole:.1f}",
                  f"{whole / events * 100_000:.1f}", f"{max(took):.2f}")  # fmt: skip
