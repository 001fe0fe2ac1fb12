"""The counts of a run that its report states."""

from collections.abc import Mapping
from typing import Any

# The outcomes of requests that a person must look at.
OPEN_OUTCOMES = ("rejected", "conflict", "missing", "failed")
# In the order of the work.
COUNTS = (
    *("fetched", "unreadable", "complete", "classified", "rejected", "conflict", "missing"),
    *("failed", "batches", "batches_failed", "calls", "splits", "sla_ignored", "cost_usd"),
)


def need_a_person(counts: Mapping[str, Any]) -> int:
    """The number of requests that a person must look at, and of items that could not be read."""
    return sum(counts.get(name) or 0 for name in ("unreadable", *OPEN_OUTCOMES))
