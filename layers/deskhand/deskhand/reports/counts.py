"""The counts of a run that its report states."""

from deskhand.store.reports import Report

NEED_A_PERSON = ("rejected", "conflict", "missing", "failed")
# In the order of the work.
COUNTS = (
    *("fetched", "unreadable", "complete", "classified", "rejected", "conflict", "missing"),
    *("failed", "batches", "batches_failed", "calls", "splits", "sla_ignored", "cost_usd"),
)


def need_a_person(report: Report) -> int:
    """The number of requests that a person must look at."""
    return sum(report.counts.get(name) or 0 for name in NEED_A_PERSON)
