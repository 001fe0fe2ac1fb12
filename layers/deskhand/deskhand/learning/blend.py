"""Several opinions as one, weighed so that what it states as its confidence comes true."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deskhand.learning.regression import Labels, softmax
from deskhand.learning.words import Floats

# What opinions weigh before anything is known: found on public ticket sets.
PRIOR = (0.6, 0.3, 0.45)
# As many tickets as must speak against the prior before it gives way.
_TRUST = 10.0
# No opinion is so sure that the others cannot outvote it.
_DOUBT = 0.01


def combined(opinions: Sequence[Floats], weights: Sequence[float]) -> Floats:
    """The opinions' weighed geometric mean: chances again, one row a ticket."""
    logs = [_logs(opinion) for opinion in opinions]
    total = np.zeros_like(logs[0])
    for log, weight in zip(logs, weights, strict=True):
        total += np.float32(weight) * log
    return softmax(total)


def weigh(opinions: Sequence[Floats], labels: Labels) -> tuple[float, ...]:
    """The weights that make the labels of tickets likeliest which no opinion has learnt from.

    With few tickets they stay near the prior. The fit is of log-loss, so the sum of the weights is
    also what makes the confidence neither too high nor too low.
    """
    logs = np.stack([_logs(opinion) for opinion in opinions], axis=2).astype(np.float64)
    marks = np.arange(len(labels))
    true = logs[marks, labels]
    prior = np.array(PRIOR)
    weights = prior.copy()
    for _ in range(30):
        chances = softmax((logs @ weights).astype(np.float32)).astype(np.float64)
        mean = np.einsum("nc,nck->nk", chances, logs)
        slope = (true - mean).sum(axis=0) - _TRUST * (weights - prior)
        spread = np.einsum("nc,nck,ncl->kl", chances, logs, logs) - mean.T @ mean
        step = np.linalg.solve(spread + _TRUST * np.eye(len(prior)), slope)
        weights += step
        if np.abs(step).max() < 1e-6:
            break
    # An opinion that seems to be wrong more often than not is left out, not turned round.
    return tuple(float(weight) for weight in np.maximum(weights, 0))


def _logs(opinion: Floats) -> Floats:
    mixed: Floats = (1 - _DOUBT) * opinion + np.float32(_DOUBT / opinion.shape[1])
    return np.log(mixed)


@dataclass(frozen=True, slots=True)
class Trial:
    """How it went on tickets that were not learnt from: confidences, and which were right."""

    confidence: Floats
    right: NDArray[np.bool_]

    @property
    def accuracy(self) -> float:
        """The share that was right; 0 without tickets."""
        return float(self.right.mean()) if len(self.right) else 0.0

    def threshold(self, precision: float) -> tuple[float, float]:
        """From which confidence on at least that share is right, and the share of tickets that
        reach it; (1.01, 0.0) where there is no such confidence."""
        order = np.argsort(-self.confidence, kind="stable")
        # One more that is wrong: the few surest tickets alone prove nothing.
        share = np.cumsum(self.right[order]) / (np.arange(len(order)) + 2)
        reached = np.flatnonzero(share >= precision)
        if not len(reached):
            return 1.01, 0.0
        last = int(reached[-1])
        return float(self.confidence[order[last]]), (last + 1) / len(order)


def calibration(
    confidence: Sequence[float], right: Sequence[bool], bins: int = 10
) -> list[tuple[int, float, float]]:
    """For each tenth of the confidence: tickets, their mean confidence, the share that was right;
    tenths without tickets are left out."""
    stated, true = np.asarray(confidence, float), np.asarray(right, float)
    tenth = np.minimum((stated * bins).astype(int), bins - 1)
    return [
        (int(part.sum()), float(stated[part].mean()), float(true[part].mean()))
        for part in (tenth == number for number in range(bins))
        if part.any()
    ]


def calibration_error(confidence: Sequence[float], right: Sequence[bool]) -> float:
    """The expected calibration error over ten bins; 0 without tickets."""
    parts = calibration(confidence, right)
    total = sum(count for count, _, _ in parts)
    return sum(n * abs(stated - true) for n, stated, true in parts) / max(total, 1)
