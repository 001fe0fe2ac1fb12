"""Embedding against the bare session on ids that are tokenized already."""

import resource
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from rich.table import Table

from deskhand.providers import embedding

TEXT = "The connection to the office drops every few minutes since the update on Monday. "
WORDS = TEXT * 4
ROUNDS = 200
GOAL = 1.1
_COLD = (
    "import time; start = time.perf_counter()\n"
    "from deskhand.providers import embedding; embedding.embed(['x'])\n"
    "print(time.perf_counter() - start)"
)


def measure() -> Table:
    """Texts a second of processor time, one by one and in batches, cold start and memory."""
    model = embedding._model()
    ids = np.array([model.tokenizer.encode(WORDS).ids], np.int64)
    bare = _rate(lambda: model._session.run(None, {"ids": ids}), 1)
    alone = _rate(lambda: embedding.embed([WORDS]), 1)
    several = _rate(lambda: embedding.embed([WORDS] * 32), 32)
    table = Table(title=f"embedding, {ids.shape[1]} tokens a text, one thread")
    for column in ("", "texts/s", "bare session", "ratio", "goal"):
        table.add_column(column, justify="left" if not column else "right")
    for name, rate in (("one by one", alone), ("32 at once", several)):
        table.add_row(name, f"{rate:.0f}", f"{bare:.0f}", f"{bare / rate:.2f}", f"≤ {GOAL}")
    table.add_row("cold start, s", f"{_cold():.2f}", "", "", "")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    table.add_row("memory, MB", f"{peak:.0f}", "", "", "")
    return table


def _rate(run: Callable[[], object], texts: int) -> float:
    for _ in range(5):
        run()
    start = time.process_time()
    for _ in range(ROUNDS // texts):
        run()
    return (ROUNDS // texts) * texts / (time.process_time() - start)


def _cold() -> float:
    """Seconds from import to the first vector, the best of five fresh processes."""
    runs = [
        subprocess.run([sys.executable, "-c", _COLD], capture_output=True, text=True, check=True)
        for _ in range(5)
    ]
    return min(float(run.stdout) for run in runs)
