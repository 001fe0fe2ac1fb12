"""Bags of words: the stems of a text as numbers, small enough to store beside its vector."""

import math
import zlib
from collections import Counter
from dataclasses import dataclass

import numpy as np

from deskhand.similarity.lexical import terms

# Limits the size of a row when a text contains long logs.
MAX_TERMS = 512
# A term and its weight in a packed bag; the layout must match `packed` of migration 0013.
SAID = np.dtype([("term", ">i4"), ("weight", ">f4")])


@dataclass(frozen=True)
class Bag:
    """The stems of a text, hashed, each once in the order of first occurrence, with its weight."""

    terms: list[int]
    weights: list[float]

    @property
    def packed(self) -> bytes:
        """The bag in its stored form: an array of `SAID` as bytes."""
        said = np.empty(len(self.terms), SAID)
        said["term"], said["weight"] = self.terms, self.weights
        return said.tobytes()


def bag_of(text: str) -> Bag:
    """The bag of a text: a stem that occurs n times weighs 1 + ln n."""
    counts = Counter(terms(text))
    kept = list(counts)[:MAX_TERMS]
    weights = [round(1 + math.log(counts[term]), 4) for term in kept]
    return Bag([_hash(term) for term in kept], weights)


def _hash(term: str) -> int:
    """A 32-bit number with a sign, as Postgres keeps integers."""
    return zlib.crc32(term.encode("utf-8", "replace")) - 2**31
