"""Words and pairs of words as numbers: tf-idf rows, sparse, of unit length."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from deskhand.normal_form import normalise_text

type Floats = NDArray[np.float32]

_WORD = re.compile(r"\w\w+")
# A longer word is a key or a dump.
_LONGEST = 60
# Text after this many characters is a log or a quoted thread.
READ = 8_000
# When the terms exceed this number, those seen once are dropped to limit memory.
_MOST_COUNTED = 2_000_000
# A word of a single ticket says nothing about the next.
_SEEN_BY = 2
MAX_TERMS = 60_000


@dataclass(frozen=True, slots=True)
class Rows:
    """A sparse matrix: row i has `values[starts[i]:starts[i + 1]]` in the columns `terms[...]`.

    Every row ends with the constant column, so no row is empty.
    """

    starts: NDArray[np.intp]
    terms: NDArray[np.int32]
    values: Floats

    def __len__(self) -> int:
        return len(self.starts) - 1


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The known terms and their rarity; column `len(rarity)` is the constant one."""

    terms: dict[str, int]
    rarity: Floats

    @classmethod
    def of(cls, texts: Sequence[str], at_most: int = MAX_TERMS) -> "Vocabulary":
        """The terms that at least two of the texts have, the most frequent ones."""
        seen = _counted(texts)
        # In alphabetical order where equally frequent: the same texts give the same columns.
        often = sorted((-n, term) for term, n in seen.items() if n >= _SEEN_BY)[:at_most]
        counts = np.array([-n for n, _ in often], np.float32)
        rarity = np.log((1 + len(texts)) / (1 + counts)) + 1
        return cls({t: i for i, (_, t) in enumerate(often)}, rarity.astype(np.float32))

    @property
    def width(self) -> int:
        """How many columns rows have."""
        return len(self.rarity) + 1

    def rows(self, texts: Sequence[str]) -> Rows:
        """A row for each text; terms outside the vocabulary are ignored."""
        starts = np.zeros(len(texts) + 1, np.intp)
        columns: list[NDArray[np.int32]] = []
        values: list[Floats] = []
        for number, text in enumerate(texts):
            found, weights = self._row(text)
            columns.append(found)
            values.append(weights)
            starts[number + 1] = starts[number] + len(found)
        if not texts:
            return Rows(starts, np.empty(0, np.int32), np.empty(0, np.float32))
        return Rows(starts, np.concatenate(columns), np.concatenate(values))

    def _row(self, text: str) -> tuple[NDArray[np.int32], Floats]:
        counts = Counter(self.terms[term] for term in _terms(text) if term in self.terms)
        found = np.fromiter(counts.keys(), np.int32, len(counts))
        often = np.fromiter(counts.values(), np.float32, len(counts))
        weights = (1 + np.log(often)) * self.rarity[found]
        weights /= max(float(np.linalg.norm(weights)), 1e-9)
        return (
            np.append(found, np.int32(len(self.rarity))),
            np.append(weights, np.float32(1)).astype(np.float32),
        )

    def terms_in(self, text: str) -> dict[int, str]:
        """The text's terms by column, in the order of the text."""
        return {self.terms[term]: term for term in _terms(text) if term in self.terms}


def _counted(texts: Sequence[str]) -> Counter[str]:
    """How many texts have each term."""
    seen = Counter[str]()
    for text in texts:
        seen.update(set(_terms(text)))
        if len(seen) > _MOST_COUNTED:
            seen = Counter({term: n for term, n in seen.items() if n > 1})
    return seen


def _terms(text: str) -> Iterator[str]:
    words = [
        word
        for word in _WORD.findall(normalise_text(text[:READ]).casefold())
        if len(word) <= _LONGEST
    ]
    yield from words
    yield from (f"{one} {other}" for one, other in pairwise(words))
