"""The provider without a network: embedding and words against the catalog, deterministic."""

import json
import time
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel

from deskhand.catalog import CatalogPhrases, Phrase
from deskhand.providers import embedding
from deskhand.providers.base import ClassifyMaterial, Completion, Material, Prompt, TicketText
from deskhand.providers.embedding import Floats
from deskhand.providers.lexical import LexicalIndex, contains, terms
from deskhand.providers.summary import summarise

# Weights and scales chosen on public ticket sets with names only and with a few examples; they
# are flat around these values.
_WORDS = 0.2
_ENOUGH_TERMS = 20
_KEYWORD = 0.04
_SHARPNESS = 0.045
_NEAR = 0.33
_NEAR_WIDTH = 0.07
# Without history nothing is surer than this.
_CERTAIN = 0.95
_MATCHES = 5


class Offline:
    """Classifies by the catalog's own wording.

    The confidence is uncalibrated: it orders tickets well, but a stated 0.9 is not yet a promise
    to be right nine times in ten. That takes history, which a fresh installation has not.
    """

    name = "offline"
    model = embedding.MODEL

    def complete[T: BaseModel](self, prompt: Prompt, schema: type[T]) -> Completion[T]:
        """A value of `schema` from the prompt's material; the prompt's words are not read."""
        started = time.perf_counter()
        answer = _classify(prompt.material)
        return Completion(
            value=schema.model_validate(answer),
            provider=self.name,
            model=self.model,
            prompt_version=prompt.version,
            input_tokens=0,
            output_tokens=0,
            latency_ms=round((time.perf_counter() - started) * 1000),
            raw=json.dumps(answer, ensure_ascii=False),
        )


@dataclass(frozen=True, slots=True)
class _Index:
    """A catalog made ready for comparison; `owner[i]` says to which entry phrase i belongs."""

    entries: tuple[tuple[str, str], ...]
    phrases: tuple[Phrase, ...]
    owner: NDArray[np.intp]
    vectors: Floats
    centroids: Floats
    words: LexicalIndex
    sayable: dict[int, list[str]]  # the terms of names and keywords, by phrase


@lru_cache(maxsize=4)
def _index(phrases: CatalogPhrases) -> _Index:
    keys = [(phrase.category, phrase.request_type) for phrase in phrases.items]
    entries = tuple(dict.fromkeys(keys))
    numbers = {entry: number for number, entry in enumerate(entries)}
    owner = np.array([numbers[key] for key in keys], np.intp)
    vectors = embedding.matrix(phrases)
    sums = np.zeros((len(entries), vectors.shape[1]), np.float32)
    np.add.at(sums, owner, vectors)
    documents: list[list[str]] = [[] for _ in entries]
    for number, phrase in zip(owner, phrases.items, strict=True):
        documents[number].append(phrase.text)
    words = LexicalIndex(documents)
    sayable = {
        number: terms(phrase.text)
        for number, phrase in enumerate(phrases.items)
        if phrase.kind in ("name", "keyword")
    }
    return _Index(entries, phrases.items, owner, vectors, _unit(sums), words, sayable)


def _classify(material: Material) -> dict[str, Any]:
    """The best entry with its evidence, in the fields that the classify prompt asks for."""
    if not isinstance(material, ClassifyMaterial):
        raise TypeError("only tickets are compared with the catalog")
    index = _index(material.phrases)
    match = _match(index, material.ticket)
    category, request_type = index.entries[match.best]
    return {
        "category": category,
        "request_type": request_type,
        "summary": summarise(material.ticket),
        "confidence": round(_confidence(match), 3),
        "evidence": _evidence(index, match),
    }


@dataclass(frozen=True, slots=True)
class _Match:
    """How near a ticket is to each phrase and each entry of the catalog."""

    nearness: Floats  # cosine with each phrase
    nearest: Floats  # cosine with each entry's nearest phrase
    scores: Floats  # of each entry
    said: frozenset[int]  # names and keywords that the ticket contains, by phrase

    @property
    def best(self) -> int:
        return int(self.scores.argmax())


def _match(index: _Index, ticket: TicketText) -> _Match:
    vector = _vector(ticket)
    nearness = index.vectors @ vector
    nearest = np.full(len(index.entries), -1, np.float32)
    np.maximum.at(nearest, index.owner, nearness)
    said = _said(index, ticket)
    keywords = [index.owner[n] for n in said if index.phrases[n].kind == "keyword"]
    hits = np.bincount(keywords, minlength=len(index.entries))
    # A catalog of bare names has too few words to lean on.
    trust = _WORDS * min(1.0, index.words.mean_terms / _ENOUGH_TERMS)
    scores: Floats = nearest + index.centroids @ vector
    scores /= 2
    scores += trust * np.array(index.words.scores(ticket.text), np.float32)
    scores += np.float32(_KEYWORD) * np.minimum(hits, 2).astype(np.float32)
    return _Match(nearness, nearest, scores, said)


def _vector(ticket: TicketText) -> Floats:
    """The ticket's direction; the subject counts twice, and of the rest 256 tokens are read."""
    rows = embedding.embed([ticket.text, ticket.subject or ticket.text])
    direction: Floats = _unit(rows.sum(axis=0, keepdims=True))[0]
    return direction


def _said(index: _Index, ticket: TicketText) -> frozenset[int]:
    words = terms(ticket.text)
    return frozenset(n for n, phrase in index.sayable.items() if contains(words, phrase))


def _confidence(match: _Match) -> float:
    """High when one entry stands out and something in the catalog is near at all."""
    rivals = np.exp((match.scores - match.scores.max()) / _SHARPNESS)
    near = 1 / (1 + np.exp((_NEAR - match.nearest[match.best]) / _NEAR_WIDTH))
    return min(float(near / rivals.sum()), _CERTAIN)


def _evidence(index: _Index, match: _Match) -> list[dict[str, Any]]:
    """The entry's phrases that the ticket contains, then its phrase that is nearest in meaning."""
    own = np.flatnonzero(index.owner == match.best)
    nearest = int(own[match.nearness[own].argmax()])
    matched = [int(number) for number in own if number in match.said][:_MATCHES]
    return [_cited(index, match, number) for number in dict.fromkeys([*matched, nearest])]


def _cited(index: _Index, match: _Match, number: int) -> dict[str, Any]:
    phrase = index.phrases[number]
    similarity = round(float(match.nearness[number]), 3)
    return {"source": phrase.kind, "phrase": phrase.text, "similarity": similarity}


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.maximum(lengths, 1e-9)).astype(np.float32)
