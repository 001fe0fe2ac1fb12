"""Bags of words: the stems of a text as numbers, small enough to be stored beside its vector."""

import math
import zlib
from collections import Counter
from dataclasses import dataclass

from deskhand.providers.lexical import terms

# A page of logs must not make a row of a megabyte.
MAX_TERMS = 512


@dataclass(frozen=True)
class Bag:
    """The stems of a text, hashed, each once in the order of its first place, with its weight."""

    terms: list[int]
    weights: list[float]


def bag_of(text: str) -> Bag:
    """The bag of a text: a stem that is said n times weighs 1 + ln n."""
    counts = Counter(terms(text))
    kept = list(counts)[:MAX_TERMS]
    weights = [round(1 + math.log(counts[term]), 4) for term in kept]
    return Bag([_hash(term) for term in kept], weights)


def _hash(term: str) -> int:
    """A 32-bit number with a sign, as Postgres keeps integers."""
    return zlib.crc32(term.encode("utf-8", "replace")) - 2**31
