"""Learnt from the past, asked later: what the trials by hash and by time promised came true."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from tests.eval.classifying import accuracy, answers, known, taught
from tests.eval.desk import Known, desk
from tests.eval.figures import Figure
from tests.eval.sets import Row, rows

# Dated sets: issues of five projects, and bug reports of fourteen years by product.
SETS = {"issues": ("cls_issue_type", "label"), "bugs": ("dup_openoffice_reports", "product")}
_LATER = 0.2
# Products with fewer reports were not there all the time.
_FEWEST = 40


def measure() -> Iterator[Figure]:
    """The newest fifth is asked about after learning the rest."""
    for name, (source, label) in SETS.items():
        yield from _figures(name, _dated(rows(source), label))


def _figures(name: str, every: Sequence[Known]) -> Iterator[Figure]:
    start = int(len(every) * (1 - _LATER))
    past, later = every[:start], every[start:]
    with desk() as one:
        taught(one, past)
        found = answers(one, later)
        learnt = one.quality()["classifier"]
    routed = [label == t["category"] for label, t in found if not t["needs_review"]]
    yield Figure(f"{name}, asked later: accuracy", accuracy(found))
    yield Figure("... promised by the trial by hash", learnt["accuracy"])
    if learnt["by_time"]:
        yield Figure("... promised by the trial by time", learnt["by_time"]["accuracy"])
        yield Figure("... which sets the thresholds", learnt["by_time"]["counts"])
    yield Figure("... routed without review", len(routed) / len(found))
    yield Figure("... and right", sum(routed) / max(len(routed), 1))


def _dated(every: list[Row], label: str) -> list[Known]:
    """The rows with their times, oldest first, without rare labels."""
    often = [row[label] for row in every]
    kept = [row for row in every if often.count(row[label]) >= _FEWEST]
    kept.sort(key=lambda row: (row["created"], row["id"]))
    return [
        replace(ticket, created=row["created"])
        for ticket, row in zip(known(kept, label), kept, strict=True)
    ]
