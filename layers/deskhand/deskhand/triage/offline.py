"""The offline provider: classifies by known tickets and the catalog's wording, deterministic."""

from typing import Any

import numpy as np

from deskhand.catalog.model import PHRASE_CHARACTERS, CatalogPhrases
from deskhand.catalog.wording import Match, Wording, wording_of
from deskhand.learning.memory import Memory
from deskhand.learning.neighbours import Neighbour, Pair
from deskhand.models.rule_provider import RuleProvider
from deskhand.settings.embedder import EMBEDDED
from deskhand.similarity import built_in
from deskhand.similarity.built_in import Floats
from deskhand.similarity.lexical import passage, terms
from deskhand.ticket import TicketText
from deskhand.triage.likely import SHOWN, Candidate, Opinion
from deskhand.triage.prompt import ClassifyMaterial
from deskhand.triage.summary import summarise

_MATCHES = 5
_WORDS_SHOWN = 3
_TICKETS_SHOWN = 3
# The highest confidence when no entry of the catalog fits.
NO_FIT = 0.29


class OfflineTriage(RuleProvider):
    """Classifies by what was learnt from known tickets, or without any by the catalog's wording.

    Once a classifier is trained, a confidence of 0.9 is right nine times in ten. Before that, the
    confidence ranks tickets well but is not calibrated: calibration needs history.
    """

    model = EMBEDDED.name

    def __init__(self) -> None:
        super().__init__(best_entry)

    def model_of(self, material: object) -> str:
        """The embedding model of the catalog."""
        return material.phrases.model if isinstance(material, ClassifyMaterial) else self.model


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
    index = wording_of(material.phrases)
    ticket = material.ticket
    memory = material.memory or Memory(built_in.direction(index.model, [ticket])[0])
    match = index.match(ticket.text, memory.vector)
    chances = _chances(index, match, ticket, memory)
    order = sorted(range(len(index.entries)), key=lambda n: -chances[index.entries[n]])
    best = order[0]
    stated = _stated(index.entries[best], chances[index.entries[best]], memory)
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
    index = wording_of(phrases)
    return _by_wording(index, index.match(ticket.text, vector))


def _chances(index: Wording, match: Match, ticket: TicketText, memory: Memory) -> dict[Pair, float]:
    """The probability of each entry; without history their sum says whether any entry fits."""
    known = set(memory.classifier.pairs) if memory.classifier else set()
    unseen = [
        Neighbour("", "catalog", entry, float(nearest), 0)
        for entry, nearest in zip(index.entries, match.nearest, strict=True)
        if entry not in known
    ]
    worded = _by_wording(index, match)
    learnt = memory.chances(ticket.text, worded, unseen)
    if learnt is not None:
        return {entry: learnt.get(entry, 0.0) for entry in index.entries}
    return memory.move_to_nearest(worded)


def _stated(entry: Pair, chance: float, memory: Memory) -> float:
    """The confidence: the probability, but low for a ticket of an unknown kind."""
    return chance if memory.is_familiar(entry) else min(chance, NO_FIT)


def _by_wording(index: Wording, match: Match) -> dict[Pair, float]:
    return dict(zip(index.entries, map(float, match.chances), strict=True))


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


def _said_of(index: Wording, match: Match, best: int, ticket: TicketText) -> list[dict[str, Any]]:
    """The entry's phrases that the ticket contains, then its phrase nearest in meaning."""
    own = np.flatnonzero(index.owner == best)
    nearest = int(own[match.nearness[own].argmax()])
    matched = [int(number) for number in own if number in match.said][:_MATCHES]
    cited = dict.fromkeys([*matched, nearest])
    return [_cited(index, match, number, ticket) for number in cited]


def _cited(index: Wording, match: Match, number: int, ticket: TicketText) -> dict[str, Any]:
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


# One instance for all: it has no state between two answers.
OFFLINE = OfflineTriage()
