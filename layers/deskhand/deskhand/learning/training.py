"""Trains a classifier from examples, and measures it on held-out ones by cross-validation."""

import hashlib
import math
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from deskhand.catalog.wording import Wording
from deskhand.learning.blend import Blend, Trial, blend_of, trial_of
from deskhand.learning.by_time import figures, is_worse, newest_part
from deskhand.learning.classifier import DEPTH, Classifier, widen
from deskhand.learning.examples import OFTEN, Examples
from deskhand.learning.neighbours import Pair, nearest_of, nearness, votes
from deskhand.learning.regression import Labels, Progress, SparseColumns, fit
from deskhand.learning.vocabulary import Floats, Vocabulary

_STRENGTH = 10.0
# One fifth is held out at a time, until this many tickets were tried: the more tried tickets, the
# more exact the threshold for a wanted precision.
_FOLDS = 5
_ENOUGH_TRIED = 8_000
# Where every ticket is to be predicted: what has learnt from so many gains little from more.
_PLENTY = 8_000
# From as many tickets of each pair on, the wording of the catalog adds nothing: on 7,200 IT tickets
# of eight groups any share of it cost accuracy.
_WORTH = 30
# The share of known tickets that may count as unknown.
_STRANGE = 0.03
# Above this similarity a ticket is never of an unknown kind, even if all known tickets are alike.
_AT_HOME = 0.6
# Parameters of the two regressions; rare pairs are left to the nearest tickets.
_MOST_PARAMETERS = 4_000_000
# How many tickets are predicted at once, which bounds the memory for probabilities.
_MOST_CHANCES = 20_000_000
# Seconds for each entry of a row, and for each entry and label, in one evaluation of the loss; real
# sets converged after this many evaluations.
_SECONDS_AN_ENTRY, _SECONDS_A_LABEL, _LOOKS = 8e-8, 4e-9, 40
_FITS = 2
# Memory for the rows and their copy by columns.
_MOST_ENTRIES = 10_000_000


def affordable_part(examples: Examples, seconds: float, wording: Wording | None = None) -> Examples:
    """As many of the first examples as the given time and the memory allow."""
    labels = max(len(set(examples.pairs).union(wording.entries if wording else ())), 1)
    count = min(len(examples.pairs), _MOST_CHANCES // labels)
    texts = examples.texts[:count]
    entries = Vocabulary.of(texts, _MOST_PARAMETERS // labels).rows(texts).starts
    count = min(count, int(np.searchsorted(entries, _MOST_ENTRIES, side="right")) - 1)
    while count and _seconds(int(entries[count]), labels, count) > seconds:
        count = int(count * 0.9)
    return examples.part(np.arange(len(examples.pairs)) < count)


def _seconds(entries: int, labels: int, count: int) -> float:
    """Estimated training time in seconds."""
    look = entries * (_SECONDS_AN_ENTRY + labels * _SECONDS_A_LABEL)
    return look * _LOOKS * _FITS * (1 + _fold_count(count) * (_FOLDS - 1) / _FOLDS)


def train(
    examples: Examples,
    wording: Wording | None = None,
    progress: Progress = lambda _: None,
    seconds: float = math.inf,
) -> Classifier:
    """A classifier trained on all examples, blended with the catalog's `wording` and measured on
    held-out ones.

    Only examples that people judged are held out; without any, the accuracy is unknown. Where it is
    known when they came in, the newest fifth is held out once more, and the worse of both trials
    counts. The same examples always give the same classifier, unless `seconds` end the training
    early. `progress` receives the share done.
    """
    pairs, every = _learnt_pairs(examples, wording)
    folds = _folds(examples, _fold_count(int(examples.judged.sum())))
    newest = newest_part(examples.judged, examples.happened)
    told = _stages(progress, len(folds) + 1 + (newest is not None))
    ends = _shares_of_time(seconds, _FITS * len(told))
    tried = [
        _try(examples, fold, pairs, every, wording, told[n], ends) for n, fold in enumerate(folds)
    ]
    labels, opinions, near = _together(tried)
    blend = blend_of(opinions, labels, _worth_of_wording(examples))
    trial = trial_of(blend(opinions), labels, every)
    report = _report(examples, trial, blend)
    if newest is not None and examples.happened is not None:
        later = _try(examples, newest, pairs, every, wording, told[-2], ends)
        by_time = trial_of(blend(later.opinions), later.labels, every)
        counts = is_worse(by_time, trial)
        report["by_time"] = figures(by_time, float(examples.happened[newest].min()), counts)
        trial = by_time if counts else trial
    whole = _regressions(examples, pairs, told[-1], ends)
    home = _home(near)
    return Classifier(pairs, *whole, blend, trial, home, examples.model, examples.through, report)


@dataclass(frozen=True, slots=True)
class OutOfFold:
    """The prediction for each example by a classifier that has not seen it.

    `chances[i]` holds the calibrated probability of each of `pairs` for example i, and `near[i]`
    its similarity to the others. Below `home` it is of an unknown kind.
    """

    pairs: tuple[Pair, ...]
    chances: Floats
    near: Floats
    home: float
    trial: Trial


def predict_out_of_fold(
    examples: Examples,
    wording: Wording | None = None,
    progress: Progress = lambda _: None,
    seconds: float = math.inf,
) -> OutOfFold:
    """Predicts each part of the judged examples by the others: fifths, and larger parts where what
    is left to learn from is plenty."""
    pairs, every = _learnt_pairs(examples, wording)
    parts = _part_count(int(examples.judged.sum()))
    folds = _folds(examples, parts, parts)
    told = _stages(progress, len(folds))
    ends = _shares_of_time(seconds, _FITS * len(told))
    tried = [
        _try(examples, fold, pairs, every, wording, told[n], ends) for n, fold in enumerate(folds)
    ]
    labels, opinions, near = _together(tried)
    chances = blend_of(opinions, labels, _worth_of_wording(examples))(opinions)
    trial = trial_of(chances, labels)
    order = np.argsort(np.concatenate([np.flatnonzero(fold) for fold in folds]))
    return OutOfFold(every, chances[order], near[order], _home(near), trial)


def _learnt_pairs(
    examples: Examples, wording: Wording | None
) -> tuple[tuple[Pair, ...], tuple[Pair, ...]]:
    """The pairs that a regression learns, and all pairs of examples and catalog, these first."""
    counts = Counter(examples.pairs)
    pairs = tuple(sorted(pair for pair, n in counts.items() if n >= OFTEN))
    known = counts.keys() | (wording.entries if wording else ())
    return pairs, (*pairs, *sorted(known - set(pairs)))


def _worth_of_wording(examples: Examples) -> int:
    """The most that the wording of the catalog weighs, in tenths: the less, the more tickets of a
    pair are known."""
    return int(_WORTH * len(set(examples.pairs)) / max(len(examples.pairs), 1))


def _together(tried: Sequence["_Tried"]) -> tuple[Labels, list[Floats], Floats]:
    """Labels, opinions and nearness of all folds."""
    labels = np.concatenate([each.labels for each in tried])
    opinions = [np.concatenate(said) for said in zip(*(t.opinions for t in tried), strict=True)]
    return labels, opinions, np.concatenate([each.near for each in tried])


def _home(near: Floats) -> float:
    return min(float(np.quantile(near, _STRANGE)), _AT_HOME) if len(near) else _AT_HOME


def _stages(progress: Progress, count: int) -> list[Progress]:
    """Progress callbacks for `count` equal stages, each reporting the progress of the whole."""

    def stage(number: int) -> Callable[[float], None]:
        return lambda share: progress((number + share) / count)

    return [stage(number) for number in range(count)]


def _shares_of_time(seconds: float, fits: int) -> Iterator[float]:
    """The deadline of each fit: the time left is shared equally by the remaining fits."""
    end = time.monotonic() + seconds
    for left in range(fits, 0, -1):
        now = time.monotonic()
        yield now + (end - now) / left


type _Regressions = tuple[Vocabulary, np.ndarray, np.ndarray]


def _regressions(
    examples: Examples, pairs: tuple[Pair, ...], progress: Progress, ends: Iterator[float]
) -> _Regressions:
    known = set(pairs)
    examples = examples.part(np.array([pair in known for pair in examples.pairs]))
    labels = _numbers(examples.pairs, pairs)
    vocabulary = Vocabulary.of(examples.texts, _MOST_PARAMETERS // len(pairs))
    rows = vocabulary.rows(examples.texts)
    both = SparseColumns(rows, DEPTH * examples.vectors)
    size = (vocabulary.width, labels, len(pairs), _STRENGTH)
    words = fit(SparseColumns(rows), *size, lambda share: progress(share / 2), next(ends))
    deep = fit(both, *size, lambda share: progress(0.5 + share / 2), next(ends))
    return vocabulary, words.astype(np.float16), deep.astype(np.float16)


@dataclass(frozen=True, slots=True)
class _Tried:
    """Predictions for held-out tickets, and the similarity of each to the rest."""

    opinions: Sequence[Floats]
    labels: Labels
    near: Floats


def _try(
    examples: Examples,
    held_back: np.ndarray,
    pairs: tuple[Pair, ...],
    every: tuple[Pair, ...],
    wording: Wording | None,
    progress: Progress,
    ends: Iterator[float],
) -> _Tried:
    """Trains without `held_back` and predicts it; the learnt `pairs` are the first ones of
    `every`."""
    part, tried = examples.part(~held_back), examples.part(held_back)
    nobody = Trial(np.empty(0, np.float32), np.empty(0, np.bool_))
    sketch = _regressions(part, pairs, progress, ends)
    judge = Classifier(pairs, *sketch, Blend((), 1), nobody, 0, examples.model)
    similarities, nearest = nearest_of(tried.vectors, part.vectors)
    neighbours = _numbers(part.pairs, every)[nearest]
    said, phrases, places = _worded(tried, wording, pairs, every)
    near = votes(
        np.concatenate([similarities, phrases], axis=1),
        np.concatenate([neighbours, places], axis=1),
        len(every),
    )
    learnt = [widen(opinion, near) for opinion in judge.opinions(tried.texts, tried.vectors)]
    labels = _numbers(tried.pairs, every)
    home = np.array([nearness(row) for row in similarities], np.float32)
    return _Tried([*learnt, near, said], labels, home)


def _worded(
    tried: Examples, wording: Wording | None, pairs: tuple[Pair, ...], every: tuple[Pair, ...]
) -> tuple[Floats, Floats, np.ndarray]:
    """What triage reads in the catalog for each ticket: the probabilities of `every` pair by its
    wording, and the nearest phrases of the pairs that no regression learns, as neighbours."""
    count = len(tried.keys)
    said = np.zeros((count, len(every)), np.float32)
    if wording is None:
        return said, np.empty((count, 0), np.float32), np.empty((count, 0), np.intp)
    columns = _numbers(wording.entries, every)
    unlearnt = np.array([entry not in set(pairs) for entry in wording.entries], np.bool_)
    phrases = np.empty((count, int(unlearnt.sum())), np.float32)
    for number, (text, vector) in enumerate(zip(tried.texts, tried.vectors, strict=True)):
        match = wording.match(text, vector)
        said[number, columns] = match.chances
        phrases[number] = match.nearest[unlearnt]
    return said, phrases, np.tile(columns[unlearnt], (count, 1))


def _folds(examples: Examples, count: int, parts: int = _FOLDS) -> list[np.ndarray]:
    """The held-out examples of the first `count` folds: parts by a hash of the key, independent of
    the order."""
    places = np.argsort(np.argsort([_place(key) for key in examples.keys], kind="stable"))
    folds = [examples.judged & (places % parts == n) for n in range(count)]
    # At least one fold, even if it is empty.
    return [fold for fold in folds if fold.any()] or folds[:1]


def _fold_count(judged: int) -> int:
    """The number of folds needed for enough tried tickets."""
    return min(_FOLDS, -(-_ENOUGH_TRIED * _FOLDS // max(judged, 1)))


def _part_count(judged: int) -> int:
    """The number of parts that are held out one after the other, so that all are predicted: as few
    as leave `_PLENTY` to learn from."""
    return min(_FOLDS, max(2, math.ceil(judged / max(judged - _PLENTY, 1))))


def _place(key: str) -> float:
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:8]) / 2**64


def _numbers(given: Sequence[Pair], pairs: tuple[Pair, ...]) -> Labels:
    numbers = {pair: number for number, pair in enumerate(pairs)}
    return np.array([numbers[pair] for pair in given], np.intp)


def _report(examples: Examples, trial: Trial, blend: Blend) -> dict[str, Any]:
    """The trial's results as figures."""
    names = ("words", "words_and_meaning", "nearest_tickets", "catalog")
    return {
        "trained_with": len(examples.pairs),
        "tried": len(trial.right),
        "accuracy": round(trial.accuracy, 4),
        "calibration_error": round(trial.calibration_error, 4),
        "request_types": len(set(examples.pairs)),
        "shares": dict(zip(names, blend.shares, strict=True)),
        "sharpness": round(blend.sharpness, 3),
        "routing": trial.routing(),
    }
