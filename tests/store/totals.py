"""The counters of the metrics, one by one."""

from deskhand.store import metrics
from deskhand.store.connection import Connection


def value(conn: Connection, sample: str, **labels: str) -> float:
    rows = [r for r in metrics.totals(conn) if r["sample"] == sample and r["labels"] == labels]
    return rows[0]["value"] if rows else 0
