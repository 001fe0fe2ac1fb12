"""Combines the answers of several classifiers: weighted by accuracy, then calibrated."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from deskhand.learning.neighbours import Pair
from deskhand.learning.regression import Labels, softmax
from deskhand.learning.vocabulary import Floats

# Prior weights of the opinions, in tenths, tuned on public ticket sets: with a little history, and
# with so much that the wording of the catalog, the last opinion, adds nothing.
PRIOR, PRIOR_OF_HISTORY = (3, 3, 3, 1), (3, 3, 4, 0)
_TENTHS = 10
# How many more tickets must be right for each tenth of difference from the prior weights.
_TRUST = 2.0
# The least chance of a label, so that no single opinion can rule it out.
_DOUBT = 0.01
_SHARPEST = 20.0
_PRECISIONS = tuple(percent / 100 for percent in range(80, 100))
# With fewer tried tickets of a pair its own bar costs more coverage than it gains precision.
_ENOUGH = 50


@dataclass(frozen=True, slots=True)
class Blend:
    """The share of each opinion, and the exponent of their mean."""

    shares: tuple[float, ...]
    sharpness: float

    def __call__(self, opinions: Sequence[Floats]) -> Floats:
        """Blended probabilities, one row for each ticket."""
        return softmax(np.float32(self.sharpness) * np.log(_mean(opinions, self.shares)))


def blend_of(opinions: Sequence[Floats], labels: Labels, wording: int = _TENTHS) -> Blend:
    """The most accurate blend on tickets that no opinion has learnt from.

    Averaging probabilities is more accurate than averaging their logarithms, and shares chosen by
    accuracy are better than shares chosen by likelihood. With few tickets the shares stay near the
    prior. The last opinion, the catalog's wording, has `wording` tenths at most. The mean is
    underconfident; the sharpness calibrates it.
    """
    prior = PRIOR if wording else PRIOR_OF_HISTORY
    mixtures = [each for each in _mixtures(len(opinions)) if each[-1] <= wording]
    shares = max(mixtures, key=lambda each: _merit(opinions, labels, each, prior))
    parts = tuple(share / _TENTHS for share in shares)
    return Blend(parts, _sharpness(np.log(_mean(opinions, parts)), labels))


def _mixtures(count: int) -> list[tuple[int, ...]]:
    every = itertools.product(range(_TENTHS + 1), repeat=count)
    return [shares for shares in every if sum(shares) == _TENTHS]


def _merit(
    opinions: Sequence[Floats], labels: Labels, shares: tuple[int, ...], prior: tuple[int, ...]
) -> float:
    right = int((_mean(opinions, shares).argmax(axis=1) == labels).sum())
    return right - _TRUST * sum(abs(a - b) for a, b in zip(shares, prior, strict=True))


def _mean(opinions: Sequence[Floats], shares: Sequence[float]) -> Floats:
    total = np.zeros_like(opinions[0])
    for opinion, share in zip(opinions, shares, strict=True):
        total += np.float32(share) * opinion
    whole = np.float32(sum(shares))
    mixed: Floats = (1 - _DOUBT) / whole * total + np.float32(_DOUBT / total.shape[1])
    return mixed


def _sharpness(logs: Floats, labels: Labels) -> float:
    """The exponent of maximum likelihood with a prior at 1, by Newton's method."""
    true = logs[np.arange(len(labels)), labels].astype(np.float64)
    power = 1.0
    for _ in range(20):
        chances = softmax(np.float32(power) * logs).astype(np.float64)
        mean = (chances * logs).sum(axis=1)
        spread = (chances * logs**2).sum(axis=1) - mean**2
        step = ((true - mean).sum() - (power - 1)) / (spread.sum() + 1)
        power = float(np.clip(power + step, 1 / _SHARPEST, _SHARPEST))
        if abs(step) < 1e-6:
            break
    return power


def trial_of(chances: Floats, labels: Labels, pairs: Sequence[Pair] = ()) -> "Trial":
    """The trial's result, with confidences rounded to four digits as they are stored."""
    said = chances.argmax(axis=1)
    return Trial(np.round(chances.max(axis=1), 4), said == labels, said, tuple(pairs))


@dataclass(frozen=True, slots=True)
class Trial:
    """The result on held-out tickets: confidences, which predictions were right, and what was said
    of each, as a number of `pairs`."""

    confidence: Floats
    right: NDArray[np.bool_]
    said: NDArray[np.intp] = field(default_factory=lambda: np.empty(0, np.intp))
    pairs: tuple[Pair, ...] = ()

    @property
    def accuracy(self) -> float:
        """The share that was right; 0 without tickets."""
        return float(self.right.mean()) if len(self.right) else 0.0

    @property
    def calibration_error(self) -> float:
        """How far stated confidences are from the shares that were right."""
        return calibration_error(self.confidence.tolist(), self.right.tolist())

    def routing(self) -> list[dict[str, float]]:
        """Threshold and coverage for each precision that an operator may want."""
        return [
            {
                "precision": precision,
                "threshold": round(self.threshold(precision)[0], 4),
                "coverage": round(self.coverage(precision), 4),
            }
            for precision in _PRECISIONS
        ]

    def of(self, pair: Pair) -> "Trial":
        """The tickets that were sorted to the pair."""
        number = self.pairs.index(pair) if pair in self.pairs else -1
        these = self.said == number
        if number < 0:
            return Trial(self.confidence[:0], self.right[:0])
        return Trial(self.confidence[these], self.right[these], self.said[these], self.pairs)

    def bar(self, precision: float, pair: Pair) -> float:
        """The lowest confidence at which at least `precision` of the tickets sorted to the pair are
        right. It is that of all tickets where too few of the pair were tried."""
        own = self.of(pair)
        return (own if len(own.right) >= _ENOUGH else self).threshold(precision)[0]

    def coverage(self, precision: float) -> float:
        """The share of the tickets that reach the bars of their pairs; 0 without tickets."""
        if not self.pairs:
            return self.threshold(precision)[1]
        bars = np.array([self.bar(precision, pair) for pair in self.pairs])
        stated = np.round(self.confidence.astype(np.float64), 4)
        return float((stated >= bars[self.said]).mean()) if len(self.said) else 0.0

    def threshold(self, precision: float) -> tuple[float, float]:
        """The lowest confidence at which at least `precision` of the tickets are right, and the
        share of tickets that reach it; (1.01, 0.0) when there is none."""
        order = np.argsort(-self.confidence, kind="stable")
        stated = self.confidence[order]
        # Counts one additional error: a few tickets of high confidence prove nothing.
        share = np.cumsum(self.right[order]) / (np.arange(len(order)) + 2)
        # Tickets of equal confidence pass together or not at all.
        last_of_equals = np.append(stated[1:] < stated[:-1], True)[: len(order)]
        reached = np.flatnonzero((share >= precision) & last_of_equals)
        if not len(reached):
            return 1.01, 0.0
        last = int(reached[-1])
        return round(float(stated[last]), 4), (last + 1) / len(order)


def calibration(
    confidence: Sequence[float], right: Sequence[bool], bins: int = 10
) -> list[tuple[int, float, float]]:
    """For each bin of the confidence: number of tickets, mean confidence, accuracy. Empty bins are
    left out."""
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
