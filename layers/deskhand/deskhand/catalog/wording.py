"""Compares a ticket with the catalog's wording: how likely each entry is by that alone."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from deskhand.catalog.model import CatalogPhrases, Phrase
from deskhand.catalog.phrases import matrix
from deskhand.similarity.built_in import Floats
from deskhand.similarity.lexical import LexicalIndex, PhraseIndex, terms

type Pair = tuple[str, str]

# Weights and scales were tuned on public ticket sets, with names only and with a few examples;
# accuracy is flat around these values.
_WORDS = 0.2
_ENOUGH_TERMS = 20
_KEYWORD = 0.04
_SHARPNESS = 0.045
_NEAR = 0.33
_NEAR_WIDTH = 0.07
# What turns the best entry's share into the probability that it is right. Fitted to three public
# sets with none to eight examples for each entry, each set predicted by the other two: of what says
# .9 to .95 there, .91 (names alone) to .99 are right. See docs/decisions/triage.md.
_BASE, _SLOPE, _SUREST = 0.1, 0.75, 0.97


@dataclass(frozen=True, slots=True)
class Wording:
    """A catalog indexed for comparison; `owner[i]` is the entry of phrase i."""

    model: str  # of the vectors
    entries: tuple[Pair, ...]
    phrases: tuple[Phrase, ...]
    owner: NDArray[np.intp]
    vectors: Floats
    centroids: Floats
    words: LexicalIndex
    sayable: PhraseIndex  # names and keywords

    def match(self, text: str, vector: Floats) -> "Match":
        """The similarity of a ticket, by its text and vector, to each phrase and entry."""
        nearness = self.vectors @ vector
        nearest = np.full(len(self.entries), -1, np.float32)
        np.maximum.at(nearest, self.owner, nearness)
        said = self.sayable.said_in(terms(text))
        keywords = [self.owner[n] for n in said if self.phrases[n].kind == "keyword"]
        hits = np.bincount(keywords, minlength=len(self.entries))
        # A catalog of names only has too few words for a lexical comparison.
        trust = _WORDS * min(1.0, self.words.mean_terms / _ENOUGH_TERMS)
        scores: Floats = nearest + self.centroids @ vector
        scores /= 2
        scores += trust * np.array(self.words.scores(text), np.float32)
        scores += np.float32(_KEYWORD) * np.minimum(hits, 2).astype(np.float32)
        return Match(nearness, nearest, scores, said)


@dataclass(frozen=True, slots=True)
class Match:
    """The similarity of a ticket to each phrase and each entry of the catalog."""

    nearness: Floats  # cosine with each phrase
    nearest: Floats  # cosine with each entry's nearest phrase
    scores: Floats  # of each entry
    said: frozenset[int]  # names and keywords that the ticket contains, by phrase

    @property
    def chances(self) -> Floats:
        """The probability of each entry; the rest of the sum is the chance that none fits.

        It is high when one entry stands out and one of its phrases is near.
        """
        rivals = np.exp((self.scores - self.scores.max()) / _SHARPNESS)
        near = 1 / (1 + np.exp((_NEAR - self.nearest) / _NEAR_WIDTH))
        shares: Floats = np.clip(near * rivals / rivals.sum(), 1e-6, 1 - 1e-6)
        return _calibrated(shares)


@lru_cache(maxsize=4)
def wording_of(phrases: CatalogPhrases) -> Wording:
    """The catalog's phrases, indexed."""
    keys = [(phrase.category, phrase.request_type) for phrase in phrases.items]
    entries = tuple(dict.fromkeys(keys))
    numbers = {entry: number for number, entry in enumerate(entries)}
    owner = np.array([numbers[key] for key in keys], np.intp)
    vectors = matrix(phrases)
    sums = np.zeros((len(entries), vectors.shape[1]), np.float32)
    np.add.at(sums, owner, vectors)
    documents: list[list[str]] = [[] for _ in entries]
    for number, phrase in zip(owner, phrases.items, strict=True):
        documents[number].append(phrase.text)
    words = LexicalIndex(documents)
    sayable = PhraseIndex(
        {
            number: terms(phrase.text)
            for number, phrase in enumerate(phrases.items)
            if phrase.kind in ("name", "keyword")
        }
    )
    return Wording(
        phrases.model, entries, phrases.items, owner, vectors, _unit(sums), words, sayable
    )


def _calibrated(shares: Floats) -> Floats:
    """The shares with the best one as a probability; the others keep their part of what is left."""
    best = int(shares.argmax())
    share = float(shares[best])
    chance = _SUREST / (1 + np.exp(-(_BASE + _SLOPE * np.log(share / (1 - share)))))
    chances: Floats = shares * np.float32((1 - chance) / (1 - share))
    chances[best] = chance
    return chances


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.maximum(lengths, 1e-9)).astype(np.float32)
