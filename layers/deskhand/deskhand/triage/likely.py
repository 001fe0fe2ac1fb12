"""The likeliest places of a ticket in the catalog, each with its reason in one line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict

from deskhand.catalog.model import PHRASE_CHARACTERS

# From this confidence an answer fits; the default of TRIAGE_CONFIDENCE.
FITS_FROM = 0.3
# The chance below which nothing but a model speaks for an entry.
_CONTRADICTED = 0.1
SHOWN = 3
_QUOTES = 3

type _Pair = tuple[str, str]


class Place(BaseModel):
    """A pair of the catalog with its confidence, and in one line why it comes first or later."""

    model_config = ConfigDict(frozen=True)

    category: str
    request_type: str
    confidence: float
    why: str


class Candidate(NamedTuple):
    """A pair with its confidence, and the ticket's own words for it."""

    pair: _Pair
    confidence: float
    quotes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Opinion:
    """The likeliest entries, best first, and the evidence for the best.

    `chances` are those of all entries, `said` those of which the ticket has a name or keyword.
    """

    likely: tuple[Candidate, ...]
    evidence: list[dict[str, Any]]
    chances: Mapping[_Pair, float]
    said: frozenset[_Pair]

    def contradicts(self, pair: _Pair) -> bool:
        """Whether another entry fits, while neither the ticket's words nor what is known speak for
        this one."""
        best = self.likely[0]
        foreign = self.chances.get(pair, 0.0) < _CONTRADICTED and pair not in self.said
        return best.pair != pair and best.confidence >= FITS_FROM and foreign

    def after(self, first: Candidate) -> tuple[Candidate, ...]:
        """The likeliest entries when another source has put that one first."""
        own = next((each for each in self.likely if each.pair == first.pair), None)
        others = (each for each in self.likely if each.pair != first.pair)
        return (first._replace(quotes=own.quotes if own else ()), *others)


def places(candidates: Sequence[Candidate]) -> list[Place]:
    """The candidates as they are shown: the first with what speaks for it, the others with why they
    are not the first."""
    return [
        Place(
            category=each.pair[0],
            request_type=each.pair[1],
            confidence=round(each.confidence, 4),
            why=_why_not(each, candidates[0]) if number else _why(each),
        )
        for number, each in enumerate(candidates[:SHOWN])
    ]


def _why(first: Candidate) -> str:
    if first.quotes:
        return f"The ticket says {_said(first.quotes)}."
    return "The ticket says none of its words; it is similar in meaning."


def _why_not(other: Candidate, first: Candidate) -> str:
    """What the first place has that this one lacks."""
    words = [quote for quote in first.quotes if quote not in other.quotes]
    gap = f"{other.confidence:.2f} against {first.confidence:.2f}"
    if words and other.quotes:
        return f"{gap}: {_speaks(other.quotes)} for it, but {_said(words)} for the first."
    if words:
        return f"{gap}: {_speaks(words)} for the first, and nothing for it."
    if other.quotes:
        return f"{gap}: {_speaks(other.quotes)} for it, but the first is nearer in meaning."
    return f"{gap}: the first is nearer in meaning."


def _speaks(quotes: Sequence[str]) -> str:
    return f"{_said(quotes)} {'speaks' if len(quotes) == 1 else 'speak'}"


def _said(quotes: Sequence[str]) -> str:
    return ", ".join(f"\u201c{each[:PHRASE_CHARACTERS]}\u201d" for each in quotes[:_QUOTES])
