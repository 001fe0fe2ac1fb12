"""Import, training, and triage with 50,000 past tickets, through the handlers."""

import json
import random
import statistics
import subprocess
import sys
import time
from dataclasses import dataclass
from itertools import accumulate

from rich.table import Table

from deskhand.store.connection import connection, patient
from deskhand.ticket import TicketText
from tests.eval.desk import EVENT, Desk, Known, desk

PAST = 50_000
ASKED = 100
# As long as the function may take.
_LEARN_SECONDS = 900
_PREVIEW = (
    "import json, resource, sys; from functions.preview.handler import handler\n"
    "assert handler(json.loads(sys.argv[1]), None)['statusCode'] == 200\n"
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
)
_LEARN = (
    "import resource, sys, time; from functions.learn.handler import handler\n"
    "class Context:\n"
    "    end = time.monotonic() + float(sys.argv[1])\n"
    "    def get_remaining_time_in_millis(self): return 1000 * (self.end - time.monotonic())\n"
    "assert handler({'force': True}, Context())['classifier']\n"
    "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)"
)


@dataclass(frozen=True)
class History:
    """Past tickets of so many request types, of so many words each."""

    labels: int
    words: int


HISTORIES = (History(labels=20, words=40), History(labels=300, words=300))


def measure() -> Table:
    """Rates, milliseconds a ticket with and without history, and the memory of the functions."""
    table = Table(title=f"{PAST:,} past tickets, ms a ticket by its median")
    figures = {f"{h.labels} request types, {h.words} words": _measured(h) for h in HISTORIES}
    table.add_column("")
    for title in figures:
        table.add_column(title, justify="right")
    for name in next(iter(figures.values())):
        table.add_row(name, *(each[name] for each in figures.values()))
    return table


def _measured(history: History) -> dict[str, str]:
    past = _tickets(history)
    figures = {}
    with desk() as one:
        one.load({row.label for row in past})
        figures["ms a ticket without history"] = f"{_asked(one, past):.1f}"
        start = time.perf_counter()
        one.keep(past)
        figures["rows imported a second"] = f"{PAST / (time.perf_counter() - start):,.0f}"
        _vectors()
        start = time.perf_counter()
        figures["memory of learn, MB"] = f"{_memory(_LEARN, str(_LEARN_SECONDS)):.0f}"
        figures["seconds of training"] = f"{time.perf_counter() - start:.0f}"
        figures["tickets trained with"] = f"{_trained_with():,}"
        figures["ms a ticket"] = f"{_asked(one, past):.1f}"
        figures["memory of preview, MB"] = f"{_memory(_PREVIEW, json.dumps(EVENT)):.0f}"
    return figures


def _tickets(history: History) -> list[Known]:
    """Tickets of words that are as unevenly frequent as words are."""
    chance = random.Random(1)  # noqa: S311 - nothing secret
    words = [f"word{number}" for number in range(20_000)]
    weights = list(accumulate(1 / (number + 10) for number in range(len(words))))
    found = []
    for number in range(PAST):
        said = chance.choices(words, cum_weights=weights, k=history.words)
        label = number % history.labels
        text = TicketText(" ".join(said[:6]), " ".join([*said, f"label{label}"]))
        found.append(Known(f"old-{number}", text, f"Label {label}"))
    return found


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


def _trained_with() -> int:
    with connection() as conn:
        row = conn.execute("SELECT report FROM classifiers ORDER BY id DESC LIMIT 1").fetchone()
    assert row is not None
    return int(row["report"]["trained_with"])


def _asked(one: Desk, past: list[Known]) -> float:
    times = []
    for row in past[:ASKED]:
        start = time.perf_counter()
        one.triage([row.text])
        times.append(1000 * (time.perf_counter() - start))
    return statistics.median(times)


def _memory(program: str, argument: str) -> float:
    """The most that a fresh process of a function used."""
    run = subprocess.run(
        [sys.executable, "-c", program, argument], capture_output=True, text=True, check=True
    )
    return float(run.stdout.splitlines()[-1])
