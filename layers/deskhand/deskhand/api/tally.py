"""Counts and times of this environment's requests: kept in memory, stored every few seconds.

All environments add to the same series in the database, so none of them has a series of its own
that would begin above zero, lose its first increase and stay behind when the environment ends. It
is best effort: an environment that ends takes the counts of its last seconds along.
"""

import sys
import time
from collections import Counter
from collections.abc import Callable
from functools import cache

from deskhand.store.metric_names import HTTP, HTTP_BUCKETS, Sample

STORE_SECONDS = 15.0


class Tally:
    """Counts that are not stored yet; there is one for each environment."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._counts: Counter[Sample] = Counter()
        self._stored_at: float | None = None

    def count(self, name: str, **labels: str) -> None:
        """Counts one more of the sample."""
        self._counts[name, tuple(labels.items())] += 1

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Counts and times one answered request."""
        total, count, *buckets = _samples(route, method, status)
        self._counts[count] += 1
        # A Counter adds any numbers; its type knows whole ones only.
        self._counts[total] += seconds  # type: ignore[assignment]
        for sample, bound in zip(buckets, (*HTTP_BUCKETS, float("inf")), strict=True):
            self._counts[sample] += seconds <= bound

    def store_when_due(self) -> None:
        """Stores the counts if some seconds have passed and the database is connected anyway.

        It opens no connection, and an error only postpones it: no request fails for a figure.
        """
        store = sys.modules.get("deskhand.store.connection")
        if store is None or not (self._counts and self._is_due()):
            return
        if (conn := store.idle_connection()) is None:
            return
        # Imported here: a function without a database need not load its driver.
        from deskhand.store import metrics

        self._stored_at = self._now()
        try:
            metrics.add_soon(conn, self._counts)
        except store.StoreError:
            return
        self._counts.clear()

    def forget(self) -> None:
        """Begins anew, as a new environment does."""
        self._counts.clear()
        self._stored_at = None

    def _is_due(self) -> bool:
        return self._stored_at is None or self._now() - self._stored_at >= STORE_SECONDS


@cache
def _samples(route: str, method: str, status: int) -> tuple[Sample, ...]:
    """The samples of a request: sum, count, and every bucket.

    The status is a class like 4xx: each label set is five series, and a stack has few.
    """
    labels = (("route", route), ("method", method), ("status", f"{status // 100}xx"))
    bounds = [*(f"{bound:g}" for bound in HTTP_BUCKETS), "Infinity"]
    buckets = ((f"{HTTP}_bucket", (*labels, ("le", bound))) for bound in bounds)
    return ((f"{HTTP}_sum", labels), (f"{HTTP}_count", labels), *buckets)


TALLY = Tally()
