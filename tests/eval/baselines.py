"""What others reach with the same past tickets: logistic regression over words, nearest tickets."""

from collections.abc import Mapping, Sequence

import numpy as np

from deskhand.learning.neighbours import nearest_of, votes
from deskhand.learning.regression import SparseColumns, fit, scores
from deskhand.learning.vocabulary import Floats, Vocabulary
from deskhand.settings.embedder import EMBEDDED
from deskhand.similarity import built_in
from tests.eval.desk import Known

# The inverse regularisation, and the most words: usual values of such baselines.
_STRENGTH = 10.0
_MOST_WORDS = 20_000


class Baselines:
    """The two baselines, asked about the same tickets after any number of past ones."""

    def __init__(self, past: Sequence[Known], new: Sequence[Known]) -> None:
        self._past, self._new = past, new
        self._vectors, self._asked = _vectors(past), _vectors(new)

    def accuracy(self, count: int) -> Mapping[str, float]:
        """The accuracy of each with the first `count` past tickets."""
        labels = sorted({row.label for row in self._past[:count]})
        if len(labels) < 2:
            return {}
        numbers = np.array([labels.index(row.label) for row in self._past[:count]], np.intp)
        found = {
            "TF-IDF + logistic regression": self._regression(count, numbers, len(labels)),
            "nearest tickets": self._nearest(count, numbers, len(labels)),
        }
        return {name: round(self._right(labels, said), 3) for name, said in found.items()}

    def _regression(self, count: int, numbers: np.ndarray, classes: int) -> Floats:
        texts = [row.text.text for row in self._past[:count]]
        words = Vocabulary.of(texts, _MOST_WORDS)
        learnt = SparseColumns(words.rows(texts))
        weights = fit(learnt, words.width, numbers, classes, _STRENGTH)
        return scores(SparseColumns(words.rows([row.text.text for row in self._new])), weights)

    def _nearest(self, count: int, numbers: np.ndarray, classes: int) -> Floats:
        similarities, nearest = nearest_of(self._asked, self._vectors[:count])
        return votes(similarities, numbers[nearest], classes)

    def _right(self, labels: Sequence[str], said: Floats) -> float:
        found = [labels[number] for number in said.argmax(axis=1)]
        return float(np.mean([one == row.label for one, row in zip(found, self._new, strict=True)]))


def _vectors(rows: Sequence[Known]) -> Floats:
    return np.concatenate([built_in.direction(EMBEDDED.name, [row.text]) for row in rows])
