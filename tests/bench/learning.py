"""Import, training, and triage with 50,000 past tickets, through the handlers."""

import json
import random
import statistics
import subprocess
import sys
import time

from rich.table import Table

from deskhand.providers.base import TicketText
from deskhand.store.connection import connection, patient
from tests.eval.desk import EVENT, Desk, Known, desk

PAST = 50_000
LABELS = 20
ASKED = 100
_FRESH = (
    "import json, resource, sys; from functions.preview.handler import handler\n"
    "assert handler(json.loads(sys.argv[1]), None)['statusCode'] == 200\n"
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
)


def measure() -> Table:
    """Rates, milliseconds a ticket with and without history, and the memory of the function."""
    table = Table(title=f"{PAST:,} past tickets, {LABELS} request types")
    table.add_column("")
    table.add_column("", justify="right")
    past = _tickets(PAST)
    with desk() as one:
        one.load({row.label for row in past})
        table.add_row("ms a ticket without history", f"{_asked(one, past):.1f}")
        table.add_row("rows imported a second", f"{PAST / _imported(one, past):,.0f}")
        _vectors()
        table.add_row("seconds of training", f"{_trained(one):.0f}")
        table.add_row("ms a ticket", f"{_asked(one, past):.1f}")
        table.add_row("memory of the function, MB", f"{_memory():.0f}")
    return table


def _tickets(count: int) -> list[Known]:
    """Tickets of words that are as unevenly frequent as words are."""
    chance = random.Random(1)  # noqa: S311 - nothing secret
    words = [f"word{number}" for number in range(20_000)]
    weights = [1 / (number + 10) for number in range(len(words))]
    said = chance.choices(words, weights, k=40 * count)
    return [
        Known(
            f"old-{number}",
            TicketText(" ".join(part[:6]), " ".join([*part, f"label{number % LABELS}"])),
            f"Label {number % LABELS}",
        )
        for number in range(count)
        for part in [said[40 * number : 40 * number + 40]]
    ]


def _imported(one: Desk, past: list[Known]) -> float:
    start = time.perf_counter()
    one.keep(past)
    return time.perf_counter() - start


def _vectors() -> None:
    """Any vectors: it is their number that counts, and to make the real ones takes minutes."""
    with connection() as conn, patient(conn, 600):
        conn.execute("DROP INDEX examples_nearest")
        conn.execute(
            """
            UPDATE examples SET model = 'all-MiniLM-L6-v2', embedding = (
                SELECT array_agg(random() - 0.5) FROM generate_series(1, 384)
                WHERE examples.id IS NOT NULL)::real[]::vector::halfvec
            """
        )
        conn.execute(
            "CREATE INDEX examples_nearest ON examples"
            " USING hnsw ((embedding::halfvec(384)) halfvec_cosine_ops)"
            " WHERE model = 'all-MiniLM-L6-v2'"
        )


def _trained(one: Desk) -> float:
    start = time.perf_counter()
    one.learn()
    return time.perf_counter() - start


def _asked(one: Desk, past: list[Known]) -> float:
    times = []
    for row in past[:ASKED]:
        start = time.perf_counter()
        one.triage([row.text])
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def _memory() -> float:
    run = subprocess.run(
        [sys.executable, "-c", _FRESH, json.dumps(EVENT)],
        capture_output=True,
        text=True,
        check=True,
    )
    return float(run.stdout.splitlines()[-1])
