"""Many tickets while something goes wrong: what clients were told against what the tables say."""

import contextlib
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from typing import Any

import psycopg

from embedded.emulator import ROOT
from tests.faults import tables
from tests.faults.client import Client, Journal
from tests.faults.rig import Rig
from tests.faults.verdict import Ending, Verdict, endings, judge

_JOURNALS = ROOT / ".local/faults-journals"
_POSTERS = 8
# One client in so many does not wait for an answer that does not come at once.
_IMPATIENT = 10
_WATCH_SECONDS = 3.0
# As often as a test can wait for it; the schedules say one minute and five.
_RELAY_SECONDS, _RECONCILE_SECONDS = 10, 25


@dataclass
class Load:
    """The tickets of one scenario: posted, disturbed, followed to their end, judged."""

    rig: Rig
    client: Client
    tag: str
    count: int
    seed: int
    # The faults that happened by name, and what else came of them.
    faults: Counter[str] = field(default_factory=Counter)
    beside: Counter[str] = field(default_factory=Counter)
    broken: dict[str, int] = field(default_factory=dict)
    looks: int = 0

    def __post_init__(self) -> None:
        """Opens the journal."""
        _JOURNALS.mkdir(parents=True, exist_ok=True)
        self.journal = Journal(_JOURNALS / f"{self.tag}.jsonl")
        self._random = random.Random(self.seed)  # noqa: S311 - no secret
        self._over = threading.Event()
        self._jobs: list[Future[None]] = []

    @contextlib.contextmanager
    def posting(self, seconds: float = 0) -> Iterator[None]:
        """Tickets are posted meanwhile, spread over that time; returns when all have an outcome."""
        with ThreadPoolExecutor(_POSTERS) as pool, self._watched():
            begun = time.monotonic()
            self._jobs = jobs = [
                pool.submit(self.post, number, begun + seconds * number / self.count)
                for number in range(self.count)
            ]
            try:
                yield
                wait(jobs)
            finally:
                # After an error nobody needs the rest.
                pool.shutdown(wait=False, cancel_futures=True)
            for job in jobs:
                job.result()
            self.drain()

    def post(self, number: int, moment: float = 0) -> None:
        """Posts one ticket at a time.monotonic(), as a careful or an impatient client."""
        time.sleep(max(0.0, moment - time.monotonic()))
        key = f"{self.tag}-{number}"
        patience = 0 if number % _IMPATIENT == 0 else 150
        ticket = self.client.ticket(key, self.tag)
        self.client.post(self.journal, key, ticket, patience)

    def posting_goes_on(self) -> bool:
        """Whether a client still waits for its answer."""
        return not all(job.done() for job in self._jobs)

    def open(self) -> int:
        """Runs that have not ended, and messages that the queue does not have."""
        return tables.open_work(self.rig, self.tag) or 0

    def drain(self, patience: float = 120) -> None:
        """Returns when everything has ended, or nothing has for so long; time is made to pass."""
        left, since = self.open(), time.monotonic()
        while left and time.monotonic() - since < patience:
            time.sleep(1)
            if (now := self.open()) < left:
                left, since = now, time.monotonic()
            elif time.monotonic() - since > 8:
                self._pass_time()

    def judge(self, expected: Ending) -> Verdict:
        """What the journal and the tables say; also looks at all invariants, now at rest."""
        self._look(at_rest=True)
        return judge(self.journal, endings(self.rig.conn, self.tag), expected)

    def sleep(self, low: float, high: float | None = None) -> None:
        """A while, drawn between the two."""
        time.sleep(self._random.uniform(low, high or low))

    def answers(self) -> Counter[int | str]:
        """How often clients got which status or error."""
        return Counter(each for e in self.journal.attempted.values() for each in e.answers)

    def facts(self) -> dict[str, Any]:
        """For the results file."""
        seconds = sorted(entry.seconds for entry in self.journal.attempted.values())
        return {
            "faults": dict(self.faults),
            "beside": dict(self.beside),
            "answers": {str(k): n for k, n in self.answers().items()},
            "invariants_looked_at": self.looks,
            "slowest_post": round(seconds[-1], 2) if seconds else None,
        }

    @contextlib.contextmanager
    def _watched(self) -> Iterator[None]:
        threads = [threading.Thread(target=each) for each in (self._watch, self._schedule)]
        for each in threads:
            each.start()
        try:
            yield
        finally:
            self._over.set()
            for each in threads:
                each.join()

    def _watch(self) -> None:
        while not self._over.wait(_WATCH_SECONDS):
            # Away for the moment: then there is nothing to be read.
            with contextlib.suppress(psycopg.OperationalError):
                self._look(at_rest=False)

    def _look(self, *, at_rest: bool) -> None:
        self.broken |= self.rig.broken(at_rest=at_rest)
        self.looks += 1

    def _schedule(self) -> None:
        for second in range(1, 100_000):
            if self._over.wait(1):
                return
            if second % _RELAY_SECONDS == 0:
                self.rig.invoke("relay")
                self.rig.invoke("publish_metrics")
            if second % _RECONCILE_SECONDS == 0:
                self.rig.invoke("reconcile")

    def _pass_time(self) -> None:
        """What waits for a back-off is due; what does not move has not for five minutes."""
        tables.back_off_is_over(self.rig, self.tag)
        tables.nothing_moved(self.rig, self.tag, for_seconds=15)
        self.rig.invoke("reconcile")
        self.rig.invoke("relay")
        self.beside["time passed"] += 1
        time.sleep(2)
