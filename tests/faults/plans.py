"""Which round trip meets which fault."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from typing import Protocol

from tests.faults.trips import Fault, Layer, Trip

type Which = Callable[[Trip], bool]


class Plan(Protocol):
    """Asked before every round trip of a function, by many threads."""

    def fault(self, trip: Trip) -> Fault | None:
        """What befalls this one."""


class Calm:
    """Nothing happens; `seen` keeps the trips of each function in their order."""

    def __init__(self) -> None:
        self.seen: dict[str, list[Trip]] = {}

    def fault(self, trip: Trip) -> Fault | None:
        """None."""
        self.seen.setdefault(trip.function, []).append(trip)
        return None


class Nth:
    """One fault at the n-th round trip of one function, counted from 1; `met` once it was there.

    With a `layer`, only trips of it are counted.
    """

    def __init__(
        self, function: str, number: int, fault: Fault, layer: Layer | None = None
    ) -> None:
        self._function, self._number, self._layer = function, number, layer
        self.kind = fault
        self._lock = threading.Lock()
        self._count = 0
        self.met: Trip | None = None

    def fault(self, trip: Trip) -> Fault | None:
        """The fault, once."""
        if trip.function != self._function or self._layer not in (None, trip.layer):
            return None
        with self._lock:
            self._count += 1
            if self._count != self._number:
                return None
            self.met = trip
        return self.kind


class Held(Nth):
    """The n-th round trip of a function waits, before it reaches the server, for `release`."""

    def __init__(self, function: str, number: int) -> None:
        super().__init__(function, number, Fault.CUT_BEFORE)
        self.reached, self.release = threading.Event(), threading.Event()

    def fault(self, trip: Trip) -> Fault | None:
        """None, after the wait."""
        if super().fault(trip):
            self.reached.set()
            self.release.wait(60)
        return None


class Chance:
    """Each trip that fits meets one of the faults with its probability; seeded."""

    def __init__(self, which: Which, faults: dict[Fault, float], seed: int) -> None:
        self._which, self._faults = which, faults
        self._random = random.Random(seed)  # noqa: S311 - no secret
        self._lock = threading.Lock()
        self.met: Counter[Fault] = Counter()

    def fault(self, trip: Trip) -> Fault | None:
        """The fault that was drawn."""
        if not self._which(trip):
            return None
        with self._lock:
            drawn = self._random.random()
            for fault, probability in self._faults.items():
                if drawn < probability:
                    self.met[fault] += 1
                    return fault
                drawn -= probability
        return None


class Always(Chance):
    """Every trip that fits meets the fault."""

    def __init__(self, which: Which, fault: Fault) -> None:
        super().__init__(which, {fault: 1.0}, seed=0)


class Slow:
    """Every trip that fits reaches the server later; `met` counts them."""

    def __init__(self, which: Which, seconds: Callable[[], float]) -> None:
        self._which, self._seconds = which, seconds
        self._never, self._lock = threading.Event(), threading.Lock()
        self.met = 0

    def fault(self, trip: Trip) -> Fault | None:
        """None, after the delay."""
        if self._which(trip):
            with self._lock:
                self.met += 1
            self._never.wait(self._seconds())
        return None
