"""After a dump was restored into another server: its transactions are counted from the start again.

The metrics know by the numbers of transactions which events they have counted. A snapshot or a
restore to a moment keeps the numbers; a dump does not, and without this new events would seem to be
counted already.
"""

from deskhand.store.connection import Connection

_AHEAD = """
SELECT greatest(
           (SELECT max(transaction_id) FROM events),
           (SELECT max(transaction_id) FROM ticket_clocks),
           folded_before) > pg_current_xact_id() AS ahead
FROM metric_watermark FOR UPDATE
"""
# What was counted stays before the watermark, and what was not comes after it.
_EVENTS = """
UPDATE events SET transaction_id =
    CASE WHEN transaction_id < folded_before THEN '0' ELSE pg_current_xact_id() END
FROM metric_watermark
"""
_CLOCKS = """
UPDATE ticket_clocks SET transaction_id =
    CASE WHEN transaction_id < folded_before THEN '0' ELSE pg_current_xact_id() END
FROM metric_watermark
"""


def renumber(conn: Connection) -> bool:
    """Whether the numbers came from another server; then they are this server's now."""
    with conn.transaction():
        row = conn.execute(_AHEAD).fetchone()
        if not row or not row["ahead"]:
            return False
        conn.execute(_EVENTS)
        conn.execute(_CLOCKS)
        conn.execute("UPDATE metric_watermark SET folded_before = pg_current_xact_id()")
        return True
