"""From examples to a classifier, with a trial on some of them that it has not learnt from."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deskhand.learning.blend import Trial, calibration_error, combined, weigh
from deskhand.learning.classifier import DEPTH, Classifier
from deskhand.learning.neighbours import Pair, nearest_of, nearness, votes
from deskhand.learning.regression import Columns, Labels, Progress, fit
from deskhand.learning.words import Floats, Vocabulary

# Below, the nearest tickets and the catalog's own words say all that there is to know.
FEWEST = 40
_STRENGTH = 10.0
_TRIED = 0.2
_MOST_TRIED = 4_000
# The share of our own tickets that may be taken for none of our business.
_STRANGE = 0.03
# Nearer than that is at home, however much alike all known tickets are.
_AT_HOME = 0.6
# Parameters of the two regressions; what is rare is left to the nearest tickets.
_MOST_PARAMETERS = 4_000_000
PRECISIONS = tuple(percent / 100 for percent in range(80, 100))


@dataclass(frozen=True, slots=True)
class Examples:
    """Known tickets, each with key, text, vector and pair; `through` is their last change."""

    keys: Sequence[str]
    texts: Sequence[str]
    vectors: Floats
    pairs: Sequence[Pair]
    model: str
    through: int

    def part(self, which: np.ndarray) -> "Examples":
        """Those for which `which` is true."""
        rows = np.flatnonzero(which).tolist()
        return Examples(
            [self.keys[row] for row in rows],
            [self.texts[row] for row in rows],
            self.vectors[rows],
            [self.pairs[row] for row in rows],
            self.model,
            self.through,
        )


def learnable(examples: Examples) -> bool:
    """Whether there is enough to learn from: two pairs at least that several tickets have."""
    often = [n for n in Counter(examples.pairs).values() if n >= 3]
    return len(examples.pairs) >= FEWEST and len(often) >= 2


def train(examples: Examples, progress: Progress = lambda _: None) -> Classifier:
    """A classifier of all examples, weighed and measured on a fifth that was held back at first.

    The same examples always give the same classifier. `progress` is told the share that is done.
    """
    pairs = tuple(sorted(set(examples.pairs)))
    tried = _held_back(examples)
    part = examples.part(~tried)
    sketch = _regressions(part, pairs, lambda share: progress(0.45 * share))
    weights, trial, home = _try(sketch, part, examples.part(tried), pairs)
    whole = _regressions(examples, pairs, lambda share: progress(0.5 + 0.5 * share))
    report = _report(examples, trial, weights)
    return Classifier(pairs, *whole, weights, trial, home, examples.model, examples.through, report)


type _Regressions = tuple[Vocabulary, np.ndarray, np.ndarray]


def _regressions(examples: Examples, pairs: tuple[Pair, ...], progress: Progress) -> _Regressions:
    labels = _numbers(examples.pairs, pairs)
    vocabulary = Vocabulary.of(examples.texts, _MOST_PARAMETERS // len(pairs))
    rows = vocabulary.rows(examples.texts)
    both = Columns(rows, DEPTH * examples.vectors)
    size = (vocabulary.width, labels, len(pairs), _STRENGTH)
    words = fit(Columns(rows), *size, lambda share: progress(share / 2))
    deep = fit(both, *size, lambda share: progress(0.5 + share / 2))
    return vocabulary, words.astype(np.float16), deep.astype(np.float16)


def _try(
    sketch: _Regressions, part: Examples, tried: Examples, pairs: tuple[Pair, ...]
) -> tuple[tuple[float, ...], Trial, float]:
    """Weights, trial, and how near to the rest all but a few of the tried tickets are."""
    labels = _numbers(tried.pairs, pairs)
    judge = Classifier(pairs, *sketch, (), Trial(np.empty(0, np.float32), labels > 0), 0, "")
    similarities, nearest = nearest_of(tried.vectors, part.vectors)
    near = votes(similarities, _numbers(part.pairs, pairs)[nearest], len(pairs))
    opinions = [*judge.opinions(tried.texts, tried.vectors), near]
    weights = weigh(opinions, labels)
    chances = combined(opinions, weights)
    trial = Trial(chances.max(axis=1), chances.argmax(axis=1) == labels)
    usual = float(np.quantile([nearness(row) for row in similarities], _STRANGE))
    return weights, trial, min(usual, _AT_HOME)


def _held_back(examples: Examples) -> np.ndarray:
    """Every fifth by a hash of its key: one that is held back once is held back again."""
    places = np.array([_place(key) for key in examples.keys])
    share = min(_TRIED, _MOST_TRIED / len(places))
    held: np.ndarray = places < np.quantile(places, share)
    return held


def _place(key: str) -> float:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) / 2**64


def _numbers(given: Sequence[Pair], pairs: tuple[Pair, ...]) -> Labels:
    numbers = {pair: number for number, pair in enumerate(pairs)}
    return np.array([numbers[pair] for pair in given], np.intp)


def _report(examples: Examples, trial: Trial, weights: tuple[float, ...]) -> dict[str, Any]:
    """What the trial showed, in figures."""
    names = ("words", "words_and_meaning", "nearest_tickets")
    return {
        "tried": len(trial.right),
        "accuracy": round(trial.accuracy, 4),
        "calibration_error": round(
            calibration_error(trial.confidence.tolist(), trial.right.tolist()), 4
        ),
        "request_types": len(set(examples.pairs)),
        "weights": dict(zip(names, (round(weight, 3) for weight in weights), strict=True)),
        "routing": [_routing(trial, precision) for precision in PRECISIONS],
    }


def _routing(trial: Trial, precision: float) -> dict[str, float]:
    threshold, coverage = trial.threshold(precision)
    return {
        "precision": precision,
        "threshold": round(threshold, 4),
        "coverage": round(coverage, 4),
    }
