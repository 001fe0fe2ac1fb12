"""Hybrid ranking: the cosine of the vectors plus the tf-idf cosine of the words.

A word's rarity is measured among the candidates, so no counts need be maintained: a word that all
candidates share says little, however rare it is elsewhere.
"""

from collections.abc import Sequence
from operator import attrgetter
from typing import NamedTuple, Protocol

import numpy as np

from deskhand.similarity.bag_of_words import SAID, Bag


class Candidate(Protocol):
    """A search result, found by its vector or by its words."""

    @property
    def cosine(self) -> float: ...
    @property
    def words(self) -> bytes:
        """Its bag of words, packed."""


class Ranked[C: Candidate](NamedTuple):
    """A candidate with the cosine of its words, and with its score, 0 to 2."""

    found: C
    words: float
    score: float


def rank[C: Candidate](asked: Bag, candidates: Sequence[C]) -> list[Ranked[C]]:
    """The candidates, best first; equal scores keep their order."""
    lexical = cosines(asked.packed, [each.words for each in candidates])
    pairs = zip(candidates, lexical, strict=True)
    scored = [Ranked(each, words, round(each.cosine + words, 4)) for each, words in pairs]
    return sorted(scored, key=attrgetter("score"), reverse=True)


def cosines(asked: bytes, candidates: Sequence[bytes]) -> list[float]:
    """The tf-idf cosine of a packed bag with each candidate, 0 to 1."""
    bags = [*candidates, asked]
    said = np.frombuffer(b"".join(bags), SAID)
    owners = np.repeat(np.arange(len(bags)), [len(bag) // SAID.itemsize for bag in bags])
    known, places, counts = np.unique(said["term"], return_inverse=True, return_counts=True)
    weights = said["weight"] * np.log(1 + len(bags) / counts)[places]
    wanted = np.zeros(len(known))
    mine = owners == len(candidates)
    wanted[places[mine]] = weights[mine]
    lengths = np.sqrt(np.bincount(owners, weights * weights, len(bags)))
    shared = np.bincount(owners, weights * wanted[places], len(bags))
    found = shared / np.maximum(lengths * lengths[-1], 1e-9)
    return list(map(float, np.minimum(found[:-1], 1.0)))
