"""The offline provider: classifies by known tickets and the catalog's wording, deterministic."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deskhand.catalog import phrases as wording
from deskhand.catalog.model import PHRASE_CHARACTERS, CatalogPhrases, Phrase
from deskhand.learning.memory import Memory
from deskhand.learning.neighbours import Neighbour, Pair
from deskhand.models.rule_provider import RuleProvider
from deskhand.similarity.adapters import minilm
from deskhand.similarity.adapters.minilm import Floats
from deskhand.similarity.lexical import LexicalIndex, has_phrase, passage, terms
from deskhand.ticket import TicketText
from deskhand.triage.likely import SHOWN, Candidate, Opinion
from deskhand.triage.prompt import ClassifyMaterial
from deskhand.triage.summary import summarise

# Weights and scales were tuned on public ticket sets, with names only and with a few examples;
# accuracy is flat around these values.
_WORDS = 0.2
_ENOUGH_TERMS = 20
_KEYWORD = 0.04
_SHARPNESS = 0.045
_NEAR = 0.33
_NEAR_WIDTH = 0.07
# The upper limit of a stated confidence.
_CERTAIN = 0.95
_MATCHES = 5
_WORDS_SHOWN = 3
_TICKETS_SHOWN = 3
# The highest confidence when no entry of the catalog fits.
NO_FIT = 0.29


class Offline(RuleProvider):
    """Classifies by what was learnt from known tickets, or without any by the catalog's wording.

    Once a classifier is trained, a confidence of 0.9 is right nine times in ten. Before that, the
    confidence ranks tickets well but is not calibrated: calibration needs history.
    """

    model = minilm.MODEL

    def __init__(self) -> None:
        super().__init__(best_entry)


@dataclass(frozen=True, slots=True)
class _Index:
    """A catalog indexed for comparison; `owner[i]` is the entry of phrase i."""

    entries: tuple[Pair, ...]
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
    vectors = wording.matrix(phrases)
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


def best_entry(material: object) -> dict[str, Any]:
    """The best entry with its evidence, in the fields of the classify prompt."""
    if not isinstance(material, ClassifyMaterial):
        raise TypeError("only tickets are compared with the catalog")
    opinion = material.opinion or opinion_of(material)
    best = opinion.likely[0]
    return {
        "category": best.pair[0],
        "request_type": best.pair[1],
        "summary": summarise(material.ticket),
        "confidence": round(best.confidence, 4),
        "evidence": opinion.evidence,
    }


def opinion_of(material: ClassifyMaterial) -> Opinion:
    """What known tickets and the catalog's wording say of a ticket."""
    index = _index(material.phrases)
    ticket = material.ticket
    memory = material.memory or Memory(minilm.direction([ticket])[0])
    match = _match(index, ticket, memory.vector)
    chances = _chances(index, match, ticket, memory)
    order = sorted(range(len(index.entries)), key=lambda n: -chances[index.entries[n]])
    best = order[0]
    stated = _stated(index, match, best, chances, memory)
    said = {number: _said_of(index, match, number, ticket) for number in order[:SHOWN]}
    likely = tuple(
        Candidate(
            index.entries[number],
            stated if number == best else min(chances[index.entries[number]], stated),
            tuple(dict.fromkeys(each["quote"] for each in said[number] if each["quote"])),
        )
        for number in order[:SHOWN]
    )
    evidence = [*_remembered(index.entries[best], ticket, memory), *said[best]]
    named = frozenset(index.entries[index.owner[number]] for number in match.said)
    return Opinion(likely, evidence, chances, named)


def chances_by_wording(
    phrases: CatalogPhrases, ticket: TicketText, vector: Floats
) -> dict[Pair, float]:
    """The probability of each entry by the catalog's wording alone; their sum says whether any
    fits."""
    index = _index(phrases)
    return _by_wording(index, _match(index, ticket, vector))


def _chances(
    index: _Index, match: "_Match", ticket: TicketText, memory: Memory
) -> dict[Pair, float]:
    """The probability of each entry; without history their sum says whether any entry fits."""
    known = set(memory.classifier.pairs) if memory.classifier else set()
    unseen = [
        Neighbour("", "catalog", entry, float(nearest), 0)
        for entry, nearest in zip(index.entries, match.nearest, strict=True)
        if entry not in known
    ]
    learnt = memory.chances(ticket.text, index.entries, unseen)
    if learnt is not None:
        return {entry: learnt.get(entry, 0.0) for entry in index.entries}
    return memory.move_to_nearest(_by_wording(index, match))


def _stated(
    index: _Index, match: "_Match", best: int, chances: dict[Pair, float], memory: Memory
) -> float:
    """The confidence: low for a ticket of an unknown kind. For an entry without examples it is at
    most the confidence by the catalog's wording alone."""
    entry = index.entries[best]
    chance = chances[entry]
    if not memory.is_familiar(entry):
        return min(chance, NO_FIT)
    if memory.classifier is None:
        return min(chance, _CERTAIN)
    if entry in memory.classifier.numbers:
        return chance
    return min(chance, _CERTAIN, memory.move_to_nearest(_by_wording(index, match))[entry])


def _by_wording(index: _Index, match: "_Match") -> dict[Pair, float]:
    return dict(zip(index.entries, map(float, _confidences(match)), strict=True))


@dataclass(frozen=True, slots=True)
class _Match:
    """The similarity of a ticket to each phrase and each entry of the catalog."""

    nearness: Floats  # cosine with each phrase
    nearest: Floats  # cosine with each entry's nearest phrase
    scores: Floats  # of each entry
    said: frozenset[int]  # names and keywords that the ticket contains, by phrase


def _match(index: _Index, ticket: TicketText, vector: Floats) -> _Match:
    nearness = index.vectors @ vector
    nearest = np.full(len(index.entries), -1, np.float32)
    np.maximum.at(nearest, index.owner, nearness)
    said = _said(index, ticket)
    keywords = [index.owner[n] for n in said if index.phrases[n].kind == "keyword"]
    hits = np.bincount(keywords, minlength=len(index.entries))
    # A catalog of names only has too few words for a lexical comparison.
    trust = _WORDS * min(1.0, index.words.mean_terms / _ENOUGH_TERMS)
    scores: Floats = nearest + index.centroids @ vector
    scores /= 2
    scores += trust * np.array(index.words.scores(ticket.text), np.float32)
    scores += np.float32(_KEYWORD) * np.minimum(hits, 2).astype(np.float32)
    return _Match(nearness, nearest, scores, said)


def _said(index: _Index, ticket: TicketText) -> frozenset[int]:
    words = terms(ticket.text)
    return frozenset(n for n, phrase in index.sayable.items() if has_phrase(words, phrase))


def _confidences(match: _Match) -> Floats:
    """High when one entry stands out and one of its phrases is near."""
    rivals = np.exp((match.scores - match.scores.max()) / _SHARPNESS)
    near = 1 / (1 + np.exp((_NEAR - match.nearest) / _NEAR_WIDTH))
    confidences: Floats = near * rivals / rivals.sum()
    return confidences


def _remembered(pair: Pair, ticket: TicketText, memory: Memory) -> list[dict[str, Any]]:
    """The ticket's words that support the pair, and the nearest known tickets with that pair."""
    words = (
        memory.classifier.telling_words(ticket.text, pair, _WORDS_SHOWN)
        if memory.classifier
        else []
    )
    near = [one for one in memory.nearest if one.pair == pair][:_TICKETS_SHOWN]
    return [
        *({"source": "word", "phrase": word} for word in words),
        *(
            {
                "source": "history",
                "phrase": one.reference,
                "similarity": round(one.similarity, 3),
                "relation": "similar to",
            }
            for one in near
        ),
    ]


def _said_of(index: _Index, match: _Match, best: int, ticket: TicketText) -> list[dict[str, Any]]:
    """The entry's phrases that the ticket contains, then its phrase nearest in meaning."""
    own = np.flatnonzero(index.owner == best)
    nearest = int(own[match.nearness[own].argmax()])
    matched = [int(number) for number in own if number in match.said][:_MATCHES]
    cited = dict.fromkeys([*matched, nearest])
    return [_cited(index, match, number, ticket) for number in cited]


def _cited(index: _Index, match: _Match, number: int, ticket: TicketText) -> dict[str, Any]:
    """The phrase, with the ticket's own words for it, whose endings may differ."""
    phrase = index.phrases[number]
    quote = passage(ticket.text, terms(phrase.text))
    return {
        "source": phrase.kind,
        "phrase": phrase.text,
        "similarity": round(float(match.nearness[number]), 3),
        "relation": "says" if quote else "similar to",
        "quote": quote and quote[:PHRASE_CHARACTERS],
    }


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.maximum(lengths, 1e-9)).astype(np.float32)


# One instance for all: it has no state between two answers.
OFFLINE = Offline()
