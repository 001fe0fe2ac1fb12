"""Hybrid order: the cosine of the vectors and the tf-idf cosine of the words, added.

A word's rarity is that among the candidates, so nothing has to be counted beforehand: what all of
the nearest have in common says little, however rare it is elsewhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from deskhand.similarity.words import Bag


class Candidate(Protocol):
    """Something that was found by vector or by words."""

    @property
    def cosine(self) -> float: ...
    @property
    def words(self) -> Bag: ...


@dataclass(frozen=True)
class Ranked[C: Candidate]:
    """A candidate with its score, 0 to 2."""

    found: C
    score: float


def ranked[C: Candidate](asked: Bag, candidates: Sequence[C]) -> list[Ranked[C]]:
    """The candidates, best first; equal ones stay in their order."""
    lexical = cosines(asked, [each.words for each in candidates])
    pairs = zip(candidates, lexical, strict=True)
    scored = [Ranked(each, round(each.cosine + words, 4)) for each, words in pairs]
    return sorted(scored, key=lambda each: -each.score)


def cosines(asked: Bag, candidates: Sequence[Bag]) -> list[float]:
    """The tf-idf cosine of a bag with each candidate, 0 to 1."""
    bags = [*candidates, asked]
    every = np.concatenate([np.array(bag.terms, np.int64) for bag in bags])
    known, places, counts = np.unique(every, return_inverse=True, return_counts=True)
    weights = np.concatenate([np.array(bag.weights, np.float64) for bag in bags])
    weights *= np.log(1 + len(bags) / counts)[places]
    owners = np.repeat(np.arange(len(bags)), [len(bag.terms) for bag in bags])
    wanted = np.zeros(len(known))
    mine = owners == len(candidates)
    wanted[places[mine]] = weights[mine]
    lengths = np.sqrt(np.bincount(owners, weights * weights, len(bags)))
    shared = np.bincount(owners, weights * wanted[places], len(bags))
    found = shared / np.maximum(lengths * lengths[-1], 1e-9)
    return [min(float(cosine), 1.0) for cosine in found[:-1]]
