"""Each step invoked once more than the state machine does: beside the first time and afterwards."""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from tests.faults import tables
from tests.faults.rig import Rig

_AT_ONCE = 4


class Twins:
    """The second invocations of a scenario's steps and what they answered."""

    def __init__(self, rig: Rig, tag: str) -> None:
        self._rig, self._tag = rig, tag
        self._answers: list[tuple[int, str, float, Any]] = []
        self._seen: set[tuple[int, str]] = set()

    @contextlib.contextmanager
    def beside(self) -> Iterator[None]:
        """Meanwhile steps that are seen at work are invoked a second time, as many as can be."""
        over = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(over,))
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()

    def _watch(self, over: threading.Event) -> None:
        busy: list[Future[None]] = []
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            while not over.wait(0.05):
                busy = [each for each in busy if not each.done()]
                # One that waited for its turn would come too late to be beside anything.
                for row in self._next(_AT_ONCE - len(busy)):
                    self._seen.add((row["run_id"], row["step"]))
                    busy.append(pool.submit(self._invoke, row))

    def _next(self, most: int) -> list[dict[str, Any]]:
        """Steps at work that have no twin yet, first those that have had the fewest."""
        if not most:
            return []
        had = Counter(step for _, step in self._seen)
        at_work = tables.at_work(self._rig, self._tag)
        new = [row for row in at_work if (row["run_id"], row["step"]) not in self._seen]
        return sorted(new, key=lambda row: had[row["step"]])[:most]

    def afterwards(self) -> None:
        """Invokes every finished step again."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(self._invoke, tables.outcomes(self._rig, self._tag)))

    def compared(self) -> tuple[Counter[str], list[str]]:
        """How many of each step ran beside the first, and which did not answer what is stored."""
        stored = {(o["run_id"], o["step"]): o for o in tables.outcomes(self._rig, self._tag)}
        wrong = [
            f"{step} of run {run}: {answer}"
            for run, step, _, answer in self._answers
            if answer != stored[run, step]["verdict"]
        ]
        beside = Counter(
            step for run, step, at, _ in self._answers if at < stored[run, step]["stored_at"]
        )
        return beside, wrong

    def __len__(self) -> int:
        """How many there were."""
        return len(self._answers)

    def _invoke(self, row: dict[str, Any]) -> None:
        payload = {"ticket_id": str(row["ticket_id"]), "run_id": row["run_id"]}
        payload |= {"attempt": row["attempt"], "retry_count": 0}
        at = time.time()
        answer, error = self._rig.invoke(row["step"], payload)
        self._answers.append((row["run_id"], row["step"], at, error or answer))
