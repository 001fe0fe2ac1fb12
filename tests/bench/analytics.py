"""Each route of /analytics over TICKETS tickets (1,000,000) of a year, for 30, 90 and 365 days."""

import os
import statistics
import time
from collections.abc import Callable

from rich.table import Table

from deskhand.analytics import performance, priorities, summary, trends
from deskhand.analytics.api import Parameters, window
from deskhand.api.caller import Caller
from deskhand.store.connection import Connection
from tests.bench.filled import filled

COUNT = int(os.environ.get("TICKETS", "1000000"))
GOALS = {30: 100, 90: 100, 365: 300}
TIMES = 15
ADMIN = Caller("bench", "admin")


def measure() -> Table:
    """Milliseconds of each route, without HTTP."""
    table = Table(title=f"/analytics over {COUNT:,} tickets: ms, of {TIMES}")
    for column in ("", "days", "p50", "p95", "goal"):
        table.add_column(column, justify="right" if column else "left")
    with filled(COUNT, counted=True) as conn:
        for days, goal in GOALS.items():
            for name, work in _routes(conn, days).items():
                times = _timed(work)
                p95 = statistics.quantiles(times, n=20)[-1]
                table.add_row(
                    name, str(days), f"{statistics.median(times):.0f}", f"{p95:.0f}", f"<= {goal}"
                )
    return table


def _routes(conn: Connection, days: int) -> dict[str, Callable[[], object]]:
    asked = window(conn, Parameters(days=days))
    return {
        "summary": lambda: summary.summary(conn, asked),
        "priorities": lambda: priorities.priorities(conn, asked),
        "trends": lambda: trends.trends(conn, asked, "day"),
        "performance": lambda: performance.performance(conn, asked, ADMIN),
    }


def _timed(work: Callable[[], object]) -> list[float]:
    work()
    found = []
    for _ in range(TIMES):
        start = time.perf_counter()
        work()
        found.append((time.perf_counter() - start) * 1000)
    return found
