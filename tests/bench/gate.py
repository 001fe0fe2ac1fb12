"""Functions that ask for the same model at the same moment: does each get its place in time?"""

import statistics
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
from rich.table import Table

from deskhand.store.admission import PATIENCE_MS, CallRequest, admit
from deskhand.store.connection import Connection, open_connection
from deskhand.store.migrate import migrate
from embedded.postgres import Server

AT_ONCE, ROUNDS = 16, 20
_REQUEST = CallRequest(
    provider="openai",
    model="m",
    key=None,
    requests=None,
    tokens=None,
    cost_usd=0.0,
    budget_usd=None,
    open_seconds=30,
    lease_seconds=35,
    max_wait_seconds=0,
)


def measure() -> Table:
    """Milliseconds until the answer; who gives up on the gate calls the model unguarded."""
    with Server.temporary() as server:
        with open_connection(server.dsn, wait_seconds=None) as conn:
            migrate(conn)
        found = _together(server.dsn)
    times = [milliseconds for milliseconds, _ in found]
    late = sum(not reserved for _, reserved in found)
    table = Table(title=f"{AT_ONCE} functions at one gate, {ROUNDS} times; goal: 0 late")
    for column in ("median ms", "p95 ms", f"later than {PATIENCE_MS} ms"):
        table.add_column(column, justify="right")
    p95 = statistics.quantiles(times, n=20)[-1]
    table.add_row(f"{statistics.median(times):.1f}", f"{p95:.1f}", str(late))
    return table


def _together(dsn: str) -> list[tuple[float, bool]]:
    barrier = threading.Barrier(AT_ONCE)

    def ask(_: int) -> list[tuple[float, bool]]:
        with open_connection(dsn, wait_seconds=None) as own:
            return [_admitted(own, barrier) for _ in range(ROUNDS)]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return [each for one in pool.map(ask, range(AT_ONCE)) for each in one]


def _admitted(conn: Connection, barrier: threading.Barrier) -> tuple[float, bool]:
    """How long the answer took, and whether it was a reservation."""
    barrier.wait()
    start = time.perf_counter()
    try:
        reserved = admit(conn, _REQUEST).reserved
    except psycopg.errors.QueryCanceled:
        reserved = False
    return (time.perf_counter() - start) * 1000, reserved
