"""The known tickets that a classifier is trained from."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deskhand.learning.neighbours import Pair
from deskhand.learning.vocabulary import Floats

# With fewer examples, nearest tickets and the catalog's wording are as good as a classifier.
FEWEST = 40
# Pairs with fewer tickets are left to neighbours and the catalog's wording: from a single example a
# regression only learns to reject the pair.
OFTEN = 5


@dataclass(frozen=True, slots=True)
class Examples:
    """Known tickets, each with key, text, vector and pair; `through` is the number of their last
    change.

    `judged`: whether people confirmed the pair. Triage without objection is used for training but
    not for measurement: a classifier measured on its own answers always looks right.
    `happened`: when each came in, in seconds; NaN where nobody knows.
    """

    keys: Sequence[str]
    texts: Sequence[str]
    vectors: Floats
    pairs: Sequence[Pair]
    judged: NDArray[np.bool_]
    model: str
    through: int
    happened: NDArray[np.floating[Any]] | None = None

    def part(self, which: np.ndarray) -> "Examples":
        """The examples for which `which` is true."""
        rows = np.flatnonzero(which).tolist()
        return Examples(
            [self.keys[row] for row in rows],
            [self.texts[row] for row in rows],
            self.vectors[rows],
            [self.pairs[row] for row in rows],
            self.judged[rows],
            self.model,
            self.through,
            None if self.happened is None else self.happened[rows],
        )


def is_learnable(examples: Examples) -> bool:
    """Whether there are enough examples, with at least two pairs of several tickets each."""
    often = [n for n in Counter(examples.pairs).values() if n >= OFTEN]
    return len(examples.pairs) >= FEWEST and len(often) >= 2
