"""Teaching a desk a set's tickets and asking it about those that were held out."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deskhand.learning.blend import calibration_error
from tests.eval.desk import Desk, Known, desk, text_of
from tests.eval.figures import Figure
from tests.eval.sets import Row

type Asked = list[tuple[str, dict[str, Any]]]


def known(rows: Sequence[Row], label: str = "label") -> list[Known]:
    """The rows as tickets whose place is known."""
    return [Known(row["id"], text_of(row), str(row[label])) for row in rows]


def asked(learn: Sequence[Known], ask: Sequence[Known]) -> Asked:
    """The true label and the triage of each ticket to `ask`, after learning from the others."""
    with desk() as one:
        taught(one, learn)
        return answers(one, ask)


def taught(one: Desk, learn: Sequence[Known]) -> None:
    """A catalog of the labels' names alone, and the tickets to learn from, are in place."""
    one.load({row.label for row in learn})
    one.teach(learn)


def answers(one: Desk, ask: Sequence[Known]) -> Asked:
    """The true label and the triage of each ticket."""
    found = one.triage([row.text for row in ask])
    return [(row.label, triage) for row, triage in zip(ask, found, strict=True)]


def accuracy(found: Asked) -> float:
    """The share whose category is the true label."""
    return sum(bool(label == triage["category"]) for label, triage in found) / len(found)


def figures(
    found: Asked, goal: float | None, baselines: Mapping[str, float], routed: float | None = None
) -> Iterator[Figure]:
    """Accuracy, what is routed at 95 % and how right that is, and calibration."""
    right = [label == triage["category"] for label, triage in found]
    confidence = [triage["confidence"] for _, triage in found]
    unattended = [ok for ok, (_, t) in zip(right, found, strict=True) if not t["needs_review"]]
    yield Figure("accuracy", accuracy(found), goal, baselines=baselines)
    yield Figure("routed without review", len(unattended) / len(found))
    yield Figure("... and right", sum(unattended) / max(len(unattended), 1))
    yield Figure("largest share at 95 % right", _coverage(confidence, right), routed)
    yield Figure("calibration error", calibration_error(confidence, right), 0.05, at_most=True)


def macro_f1(found: Asked) -> float:
    """The mean of the labels' F1."""
    labels = {label for label, _ in found}
    return sum(_f1(found, label) for label in labels) / len(labels)


def _f1(found: Asked, wanted: str) -> float:
    both = sum(label == wanted == triage["category"] for label, triage in found)
    either = sum((label == wanted) + (triage["category"] == wanted) for label, triage in found)
    return float(2 * both / max(either, 1))


def _coverage(confidence: Sequence[float], right: Sequence[bool]) -> float:
    """The largest share, taken by confidence, of which 95 % are right."""
    reached, correct = 0, 0
    ordered = sorted(zip(confidence, right, strict=True), key=lambda pair: -pair[0])
    for number, (_, ok) in enumerate(ordered, 1):
        correct += ok
        if correct >= 0.95 * number:
            reached = number
    return reached / len(ordered)
