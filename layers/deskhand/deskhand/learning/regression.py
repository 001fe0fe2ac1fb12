"""Multinomial logistic regression over sparse and dense columns, by L-BFGS."""

import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deskhand.learning.vocabulary import Floats, Rows

type Labels = NDArray[np.intp]
type Progress = Callable[[float], None]

_ROUNDS = 60
_MEMORY = 8
# Converged when the relative change of the loss is below this.
_ENOUGH = 1e-4
# The size of a block of products that fits the processor's cache.
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class SparseColumns:
    """Rows to train on or to predict: sparse words and optional dense columns."""

    words: Rows
    dense: Floats | None = None


def softmax(scores: Floats) -> Floats:
    """Each row of scores as probabilities."""
    raised: Floats = np.exp(scores - scores.max(axis=1, keepdims=True))
    raised /= raised.sum(axis=1, keepdims=True)
    return raised


def scores(columns: SparseColumns, weights: Floats) -> Floats:
    """Each row's score for each label, before softmax; dense columns come last in `weights`."""
    words = columns.words
    width = len(weights) - (0 if columns.dense is None else columns.dense.shape[1])
    made = np.empty((len(words), weights.shape[1]), np.float32)
    for start, end in _blocks(words.starts, weights.shape[1]):
        low, high = words.starts[start], words.starts[end]
        products = weights[words.terms[low:high]] * words.values[low:high, None]
        made[start:end] = np.add.reduceat(products, words.starts[start:end] - low, axis=0)
    if columns.dense is not None:
        made += columns.dense @ weights[width:]
    return made


def fit(
    columns: SparseColumns,
    width: int,
    labels: Labels,
    classes: int,
    strength: float,
    progress: Progress = lambda _: None,
    ends: float = math.inf,
) -> Floats:
    """The fitted weights, one row for each column; `strength` is the inverse regularisation,
    sklearn's C.

    `progress` receives the share of iterations done. No iteration begins after `ends`
    (time.monotonic): the weights found until then are returned.
    """
    deep = 0 if columns.dense is None else columns.dense.shape[1]
    turned = _turned(columns.words)
    penalty = np.float32(1 / (strength * len(labels)))
    marks = np.arange(len(labels))

    def loss(weights: Floats) -> tuple[float, Floats]:
        chances = softmax(scores(columns, weights))
        likelihood = -np.log(np.maximum(chances[marks, labels], 1e-12)).mean(dtype=np.float64)
        chances[marks, labels] -= 1
        chances /= len(labels)
        slope = np.concatenate([_gathered(turned, chances, width), _deep(columns, chances)])
        slope += penalty * weights
        weight = float(penalty) / 2 * float(np.vdot(weights, weights))
        return float(likelihood) + weight, slope

    return _minimise(loss, np.zeros((width + deep, classes), np.float32), progress, ends)


def _deep(columns: SparseColumns, residue: Floats) -> Floats:
    if columns.dense is None:
        return np.empty((0, residue.shape[1]), np.float32)
    slope: Floats = columns.dense.T @ residue
    return slope


@dataclass(frozen=True, slots=True)
class _Turned:
    """The matrix by columns: the occurring columns, with their rows and values."""

    occurring: NDArray[np.int32]
    starts: NDArray[np.intp]
    rows: NDArray[np.intp]
    values: Floats


def _turned(words: Rows) -> _Turned:
    rows = np.repeat(np.arange(len(words)), np.diff(words.starts))
    order = np.argsort(words.terms, kind="stable")
    occurring, first = np.unique(words.terms[order], return_index=True)
    starts = np.append(first, len(order)).astype(np.intp)
    return _Turned(occurring, starts, rows[order], words.values[order])


def _gathered(turned: _Turned, residue: Floats, width: int) -> Floats:
    made = np.zeros((width, residue.shape[1]), np.float32)
    for start, end in _blocks(turned.starts, residue.shape[1]):
        low, high = turned.starts[start], turned.starts[end]
        products = residue[turned.rows[low:high]] * turned.values[low:high, None]
        sums = np.add.reduceat(products, turned.starts[start:end] - low, axis=0)
        made[turned.occurring[start:end]] = sums
    return made


def _blocks(starts: NDArray[np.intp], classes: int) -> Iterator[tuple[int, int]]:
    """Ranges of rows, each with about as many entries as a block."""
    last, most = len(starts) - 1, max(_BLOCK // classes, 1)
    start = 0
    while start < last:
        end = int(np.searchsorted(starts, starts[start] + most, side="right")) - 1
        end = min(max(end, start + 1), last)
        yield start, end
        start = end


def _minimise(
    loss: Callable[[Floats], tuple[float, Floats]], start: Floats, progress: Progress, ends: float
) -> Floats:
    """The minimum of the loss, by L-BFGS with a backtracking line search."""
    point = start
    value, slope = loss(point)
    past: deque[tuple[Floats, Floats, float]] = deque(maxlen=_MEMORY)
    for turn in range(_ROUNDS):
        progress(turn / _ROUNDS)
        way = _direction(slope, past)
        step = 1.0 if past else min(1.0, 1.0 / max(float(np.abs(slope).sum()), 1e-9))
        fall = float(np.vdot(slope, way))
        for _ in range(20):
            moved = point + np.float32(step) * way
            reached, steeper = loss(moved)
            if reached <= value + 1e-4 * step * fall:
                break
            step /= 2
        else:
            break
        shift, change = moved - point, steeper - slope
        if (bend := float(np.vdot(shift, change))) > 1e-12:
            past.append((shift, change, bend))
        # The first step is not a test of convergence: with many labels it is too short.
        settled = turn > 0 and value - reached < _ENOUGH * max(abs(value), 1e-3)
        point, value, slope = moved, reached, steeper
        if settled or time.monotonic() >= ends:
            break
    progress(1.0)
    return point


def _direction(slope: Floats, past: deque[tuple[Floats, Floats, float]]) -> Floats:
    way = -slope
    shares: list[float] = []
    for shift, change, bend in reversed(past):
        share = float(np.vdot(shift, way)) / bend
        way -= np.float32(share) * change
        shares.append(share)
    if past:
        _, change, bend = past[-1]
        way *= np.float32(bend / float(np.vdot(change, change)))
    for (shift, change, bend), share in zip(past, reversed(shares), strict=True):
        way += np.float32(share - float(np.vdot(change, way)) / bend) * shift
    return way
