"""Each route of /analytics over TICKETS tickets (1,000,000) of a year, for 30, 90 and 365 days;
with filters; and what `make verify` recounts of the facts."""

import os
import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial

from rich.table import Table

from deskhand.analytics import performance, priorities, summary, trends
from deskhand.analytics.api import AnalyticsParameters, select, window
from deskhand.api.caller import Caller
from deskhand.store.connection import Connection
from deskhand.store.daily_figures import one_answer
from deskhand.store.invariants.analytics import ANALYTICS
from deskhand.store.invariants.check import offenders
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
        for name, shown, work in _others(conn):
            times = _timed(work)
            p95 = statistics.quantiles(times, n=20)[-1]
            table.add_row(name, shown, f"{statistics.median(times):.0f}", f"{p95:.0f}", "")
    return table


def _others(conn: Connection) -> Iterator[tuple[str, str, Callable[[], object]]]:
    """With filters: few tickets of a year, and nearly as many as are allowed; the invariants."""
    for name, values, days in (
        ("one customer", {"customer_id": ("customer-77",)}, 365),
        ("one category", {"category": ("category-3",)}, 10_000 * 12 * 365 // COUNT // 3),
    ):
        parameters = AnalyticsParameters(days=max(1, min(days, 365)), **values)
        yield f"summary of {name}", str(parameters.days), partial(_filtered, conn, parameters)
    for known in ANALYTICS:
        yield f"verify {known.name}", "", partial(offenders, conn, known)


def _filtered(conn: Connection, parameters: AnalyticsParameters) -> object:
    with one_answer(conn):
        return summary.summary(conn, select(conn, window(conn, parameters), parameters))


def _routes(conn: Connection, days: int) -> dict[str, Callable[[], object]]:
    asked = window(conn, AnalyticsParameters(days=days))
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
