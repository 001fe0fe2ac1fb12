"""What each number of past tickets brings, beside two baselines in the same run."""

from collections.abc import Iterator, Mapping

from deskhand.learning.blend import calibration_error
from tests.eval.baselines import Baselines
from tests.eval.classifying import Asked, accuracy, answers, known
from tests.eval.desk import Desk, Known, desk
from tests.eval.figures import Figure
from tests.eval.sets import held_out, rows

PAST = (0, 20, 100, 500, 2000)
# Few labels, and many.
SETS = {"IT": "cls_it_tickets", "Banking77": "cls_banking77"}
# With many labels and little history, from the first past tickets on.
FITS, CALIBRATION = 0.8, 0.1


def measure() -> Iterator[Figure]:
    """Accuracy, what fits, what is routed at 95 %, how right that is, and calibration."""
    for short, name in SETS.items():
        past, new = (known(part) for part in held_out(rows(name), 0.1))
        others = Baselines(past[: max(PAST)], new)
        for count in PAST:
            # A new desk for each: what was learnt from more would count for fewer.
            with desk() as one:
                found = _asked(one, past, count, new)
            yield from _figures(f"{short}, {count} past", found, others.accuracy(count), count)


def _asked(one: Desk, past: list[Known], count: int, new: list[Known]) -> Asked:
    one.load({row.label for row in past})
    if count:
        one.teach(past[:count])
    return answers(one, new)


def _figures(name: str, found: Asked, others: Mapping[str, float], count: int) -> Iterator[Figure]:
    right = [label == triage["category"] for label, triage in found]
    confidence = [triage["confidence"] for _, triage in found]
    routed = [ok for ok, (_, t) in zip(right, found, strict=True) if not t["needs_review"]]
    fits = [ok for ok, (_, t) in zip(right, found, strict=True) if t["fits"]]
    held = count > 0 and name.startswith("Banking77")
    yield Figure(f"{name}: accuracy", accuracy(found), baselines=others)
    yield Figure("... fits", len(fits) / len(found), FITS if held else None)
    yield Figure("... and right", sum(fits) / max(len(fits), 1))
    yield Figure("... routed without review", len(routed) / len(found))
    yield Figure("... and right", sum(routed) / max(len(routed), 1))
    if not count:
        # What UNMEASURED_CONFIDENCE=0.5 would let pass.
        certain = [ok for ok, stated in zip(right, confidence, strict=True) if stated >= 0.5]
        yield Figure("... passes at an unmeasured .5", len(certain) / len(found))
        yield Figure("... and right", sum(certain) / max(len(certain), 1))
    off = calibration_error(confidence, right)
    yield Figure("... calibration error", off, CALIBRATION if held else None, at_most=True)
