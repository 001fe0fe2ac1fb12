"""The nearest known tickets and their combined vote."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from deskhand.learning.vocabulary import Floats

COUNT = 20
# How fast a vote's weight decreases with distance; accuracy on public ticket sets is flat around
# this value.
_SCALE = 0.07
_CLOSEST = 10

type Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A known ticket; `similarity` is the cosine, `change` increases with each change of the
    examples."""

    reference: str  # the ticket's id, or the external id of an imported one
    source: str
    pair: Pair
    similarity: float
    change: int
    text: str = ""


def votes(similarities: Floats, labels: np.ndarray, classes: int) -> Floats:
    """The probability of each label by the nearest tickets' labels, one row for each ticket."""
    weights = np.exp((similarities - similarities.max(axis=1, keepdims=True)) / _SCALE)
    chances = np.zeros((len(labels), classes), np.float32)
    rows = np.repeat(np.arange(len(labels)), labels.shape[1])
    np.add.at(chances, (rows, labels.ravel()), weights.ravel())
    chances /= chances.sum(axis=1, keepdims=True)
    return chances


def nearness(similarities: Sequence[float]) -> float:
    """The similarity of a ticket to the known ones: the mean cosine of the ten nearest."""
    nearest = sorted(similarities, reverse=True)[:_CLOSEST]
    return sum(nearest) / len(nearest) if nearest else 0.0


def nearest_of(vectors: Floats, others: Floats) -> tuple[Floats, np.ndarray]:
    """Cosines and row numbers of the nearest of `others` for each vector, exactly."""
    count = min(COUNT, len(others))
    cosines = np.empty((len(vectors), count), np.float32)
    numbers = np.empty((len(vectors), count), np.intp)
    for start in range(0, len(vectors), 256):
        block = vectors[start : start + 256] @ others.T
        found = np.argpartition(-block, count - 1, axis=1)[:, :count]
        numbers[start : start + 256] = found
        cosines[start : start + 256] = np.take_along_axis(block, found, axis=1)
    return cosines, numbers
