"""Embedding against the bare session on ids that are tokenized already."""

import resource
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from rich.table import Table

from deskhand.similarity.adapters import minilm
from deskhand.similarity.adapters.minilm import Floats
from embedded import samples, tickets
from tests.bench.published import published

TEXT = "The connection to the office drops every few minutes since the update on Monday. "
WORDS = TEXT * 4
ROUNDS = 200
GOAL = 1.1
_COLD = (
    "import time; start = time.perf_counter()\n"
    "from deskhand.similarity.adapters import minilm; minilm.embed(['x'])\n"
    "print(time.perf_counter() - start)"
)


def measure() -> Table:
    """Texts a second of processor time, one by one and in batches, cold start and memory."""
    model = minilm._model()
    ids = np.array([model.tokenizer.encode(WORDS).ids], np.int64)
    bare = _rate(lambda: model._session.run(None, {"ids": ids}), 1)
    alone = _rate(lambda: minilm.embed([WORDS]), 1)
    several = _rate(lambda: minilm.embed([WORDS] * 32), 32)
    table = Table(title=f"embedding, {ids.shape[1]} tokens a text, one thread")
    for column in ("", "texts/s", "bare session", "ratio", "goal"):
        table.add_column(column, justify="left" if not column else "right")
    for name, rate in (("one by one", alone), ("32 at once", several)):
        table.add_row(name, f"{rate:.0f}", f"{bare:.0f}", f"{bare / rate:.2f}", f"≤ {GOAL}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    table.add_row("cold start, s", f"{_cold():.2f}", "", "", "")
    table.add_row("memory, MB", f"{peak:.0f}", "", "", "")
    _compare(table, ids, rate=alone)
    return table


def _compare(table: Table, ids: np.ndarray, rate: float) -> None:
    """What the published weights give: speed, and how near our vectors are to theirs."""
    exact = published()
    theirs = _rate(lambda: exact._session.run(None, {"ids": ids}), 1)
    table.add_row("published weights", f"{theirs:.0f}", f"{theirs / rate:.2f} of ours", "", "")
    texts = [" ".join(map(str, each.body.values())) for each in tickets.read(samples.TICKETS)]
    both = zip(minilm.embed(texts), exact.tokenizer.encode_batch_fast(texts), strict=True)
    cosines = [float(ours @ _unit(exact.mean(encoding.ids))) for ours, encoding in both]
    near = f"{np.mean(cosines):.4f}, least {min(cosines):.4f}"
    table.add_row(f"cosine with them, {len(texts)} samples", near, "", "", "")


def _unit(row: Floats) -> Floats:
    unit: Floats = row / np.linalg.norm(row)
    return unit


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
