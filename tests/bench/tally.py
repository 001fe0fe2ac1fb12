"""What the metric of HTTP requests costs one, with its share of the statement that stores it."""

import statistics
import time

from rich.table import Table

from deskhand.api.tally import STORE_SECONDS, Tally
from deskhand.store import connection
from deskhand.store.metrics import add_soon
from deskhand.store.migrate import migrate
from embedded.postgres import Server

GOAL_MS = 0.3
ROUNDS, REQUESTS = 15, 2_000
# What an environment answers between two stores when it answers one request a second.
ANSWERED = round(STORE_SECONDS)
_ROUTES = [(f"/route-{n}", method) for n in range(5) for method in ("GET", "POST")]


def measure() -> Table:
    """Milliseconds of a request: to count it, to store the counts, and both together."""
    table = Table(title=f"the HTTP metric, ms a request; goal: {GOAL_MS}")
    for column in ("", "p50", "p95"):
        table.add_column(column, justify="right" if column else "left")
    counted = [_counted() for _ in range(ROUNDS)]
    stored = _stored()
    for name, times in (
        ("counted", counted),
        ("stored at once", stored),
        (f"both, with {ANSWERED} requests in {STORE_SECONDS:.0f} s",
         [a + b / ANSWERED for a, b in zip(counted, stored, strict=True)]),
    ):  # fmt: skip
        p95 = statistics.quantiles(times, n=20)[-1]
        table.add_row(name, f"{statistics.median(times):.3f}", f"{p95:.3f}")
    return table


def _counted() -> float:
    tally = Tally()
    start = time.perf_counter()
    for n in range(REQUESTS):
        tally.request(*_ROUTES[n % len(_ROUTES)], 200, 0.01)
        tally.store_when_due()
    return (time.perf_counter() - start) * 1000 / REQUESTS


def _stored() -> list[float]:
    """The counts of ten routes, as an environment stores them."""
    tally = Tally()
    for route, method in _ROUTES:
        tally.request(route, method, 200, 0.01)
    found = []
    with Server.temporary() as server, connection.open_connection(server.dsn) as conn:
        migrate(conn)
        for _ in range(ROUNDS):
            start = time.perf_counter()
            add_soon(conn, tally._counts)
            found.append((time.perf_counter() - start) * 1000)
    return found
