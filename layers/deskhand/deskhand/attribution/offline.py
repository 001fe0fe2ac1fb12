"""Sorts requests without a model: by the catalog's wording and by what was learnt from tickets."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from deskhand.attribution.question import BatchMaterial, QuestionItem
from deskhand.catalog.loaded import LoadedCatalog
from deskhand.catalog.model import CatalogPhrases, Entry
from deskhand.learning.memory import Memory
from deskhand.models.rule_provider import RuleProvider
from deskhand.settings.embedder import EMBEDDED
from deskhand.ticket import TicketText
from deskhand.triage.offline import best_entry
from deskhand.triage.prompt import ClassifyMaterial

_PASSAGES = 3


class OfflineAttribution(RuleProvider):
    """The provider `offline` for batches of requests."""

    model = EMBEDDED.name

    def __init__(self) -> None:
        super().__init__(_answer)

    def model_of(self, material: object) -> str:
        """The embedding model of the catalog."""
        return material.loaded.phrases.model if isinstance(material, BatchMaterial) else self.model


@dataclass(frozen=True, slots=True)
class Best:
    """The entry that fits best, the confidence, and the words that support it."""

    category: str
    request_type: str
    confidence: float
    evidence: list[str]


def best(
    loaded: LoadedCatalog, entries: tuple[Entry, ...], text: TicketText, memory: Memory
) -> Best:
    """The best one of the entries for a text."""
    phrases = _phrases_of(loaded.phrases, tuple((e.category.name, e.request.name) for e in entries))
    found = best_entry(ClassifyMaterial(text, loaded.catalog, phrases, memory))
    words = [item.get("quote") or item["phrase"] for item in found["evidence"]]
    return Best(found["category"], found["request_type"], found["confidence"], words[:_PASSAGES])


def _answer(material: object) -> dict[str, Any]:
    if not isinstance(material, BatchMaterial):
        raise TypeError("only requests are compared with the catalog")
    return {"items": [_item(material, asked) for asked in material.asked]}


def _item(material: BatchMaterial, asked: QuestionItem) -> dict[str, Any]:
    text = asked.suspicion.rest
    found = best(material.loaded, asked.entries, text, material.recall(text))
    return {
        "id": asked.key,
        "category": found.category,
        "request_type": found.request_type,
        "confidence": found.confidence,
        "evidence": found.evidence,
    }


# Cached, because what is made of phrases is cached by their identity.
@lru_cache(maxsize=64)
def _phrases_of(phrases: CatalogPhrases, pairs: tuple[tuple[str, str], ...]) -> CatalogPhrases:
    """The phrases of these entries, with their vectors."""
    wanted = frozenset(pairs)
    kept = [
        n for n, each in enumerate(phrases.items) if (each.category, each.request_type) in wanted
    ]
    if len(kept) == len(phrases.items):
        return phrases
    size = len(phrases.vectors) // len(phrases.items)
    vectors = b"".join(phrases.vectors[n * size : (n + 1) * size] for n in kept)
    return CatalogPhrases(tuple(phrases.items[n] for n in kept), vectors, phrases.model)


# One instance for all: it has no state between two answers.
OFFLINE = OfflineAttribution()
