"""A trained classifier: words, words with vectors, nearest tickets, and the catalog's wording,
blended and calibrated."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deskhand.learning.blend import Blend, Trial
from deskhand.learning.neighbours import Neighbour, Pair, votes
from deskhand.learning.regression import SparseColumns, scores, softmax
from deskhand.learning.vocabulary import Floats, Vocabulary

# The weight of vectors relative to words in the regression over both.
DEPTH = np.float32(2)
_FORMAT = 3


@dataclass(frozen=True)
class Classifier:
    """The learnt parameters: stored by `pack`, read by `unpack`, immutable.

    `model` is the embedding model of the training vectors. `home` is the least similarity to known
    tickets: a ticket below it is of an unknown kind. `through` is the number of the last change of
    an example that was used.
    """

    pairs: tuple[Pair, ...]
    vocabulary: Vocabulary
    words: NDArray[np.float16]
    both: NDArray[np.float16]
    blend: Blend
    trial: Trial
    home: float
    model: str
    through: int = 0
    report: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def numbers(self) -> dict[Pair, int]:
        """The index of each learnt pair."""
        return {pair: number for number, pair in enumerate(self.pairs)}

    def opinions(self, texts: Sequence[str], vectors: Floats) -> tuple[Floats, Floats]:
        """Probabilities by words, and by words with vectors; one row for each text."""
        rows = self.vocabulary.rows(texts)
        # Only the needed rows are converted to 32 bits.
        used, places = np.unique(rows.terms, return_inverse=True)
        own = type(rows)(rows.starts, places.astype(np.int32), rows.values)
        lexical = softmax(scores(SparseColumns(own), self.words[used].astype(np.float32)))
        table = np.concatenate([self.both[used], self.both[self.vocabulary.width :]])
        dense = SparseColumns(own, DEPTH * vectors)
        return lexical, softmax(scores(dense, table.astype(np.float32)))

    def chances(
        self,
        text: str,
        vector: Floats,
        nearest: Sequence[Neighbour],
        worded: Mapping[Pair, float],
    ) -> dict[Pair, float]:
        """The probability of each pair that was learnt, that one of the nearest tickets has, or
        that has a probability by the catalog's wording."""
        pairs = list(dict.fromkeys([*self.pairs, *(one.pair for one in nearest), *worded]))
        numbers = {pair: number for number, pair in enumerate(pairs)}
        similarities = np.array([[one.similarity for one in nearest]], np.float32)
        labels = np.array([[numbers[one.pair] for one in nearest]], np.intp)
        near = votes(similarities, labels, len(pairs)) if nearest else None
        if near is None:
            near = np.full((1, len(pairs)), 1 / len(pairs), np.float32)
        known = [widen(opinion, near) for opinion in self.opinions([text], vector[None])]
        said = np.array([[worded.get(pair, 0.0) for pair in pairs]], np.float32)
        blended = self.blend([*known, near, said])
        return dict(zip(pairs, map(float, blended[0]), strict=True))

    def telling_words(self, text: str, pair: Pair, count: int) -> list[str]:
        """The words of the text that favour the pair most over all others."""
        if pair not in self.numbers:
            return []
        said = self.vocabulary.terms_in(text)
        columns = np.fromiter(said.keys(), np.intp, len(said))
        table = self.words[columns].astype(np.float32)
        lean = (table[:, self.numbers[pair]] - table.mean(axis=1)) * self.vocabulary.rarity[columns]
        best = [int(place) for place in np.argsort(-lean)[:count] if lean[place] > 0]
        return [said[int(columns[place])] for place in best]


def widen(opinion: Floats, near: Floats) -> Floats:
    """The opinion extended by pairs that it has not learnt. These are the last columns of `near`,
    whose probabilities are taken over."""
    others = near[:, opinion.shape[1] :]
    left = 1 - others.sum(axis=1, keepdims=True)
    return np.concatenate([opinion * left, others], axis=1).astype(np.float32)


def pack(classifier: Classifier) -> bytes:
    """The classifier serialised as bytes."""
    head = {
        "format": _FORMAT,
        "pairs": classifier.pairs,
        "terms": list(classifier.vocabulary.terms),
        "shares": classifier.blend.shares,
        "sharpness": classifier.blend.sharpness,
        "home": classifier.home,
        "model": classifier.model,
        "tried": classifier.trial.pairs,
    }
    made = io.BytesIO()
    np.savez_compressed(
        made,
        head=np.frombuffer(json.dumps(head).encode(), np.uint8),
        rarity=classifier.vocabulary.rarity,
        words=classifier.words,
        both=classifier.both,
        confidence=classifier.trial.confidence.astype(np.float32),
        right=classifier.trial.right,
        said=classifier.trial.said.astype(np.int32),
    )
    return made.getvalue()


def unpack(data: bytes, through: int, report: dict[str, Any]) -> Classifier | None:
    """The classifier in the bytes; None when another release wrote them."""
    with np.load(io.BytesIO(data), allow_pickle=False) as parts:
        head = json.loads(parts["head"].tobytes())
        if head["format"] != _FORMAT:
            return None
        terms = {term: number for number, term in enumerate(head["terms"])}
        return Classifier(
            pairs=tuple((category, request) for category, request in head["pairs"]),
            vocabulary=Vocabulary(terms, parts["rarity"]),
            words=parts["words"],
            both=parts["both"],
            blend=Blend(tuple(head["shares"]), head["sharpness"]),
            trial=Trial(
                parts["confidence"],
                parts["right"],
                parts["said"].astype(np.intp),
                tuple((category, request) for category, request in head["tried"]),
            ),
            home=head["home"],
            model=head["model"],
            through=through,
            report=report,
        )
