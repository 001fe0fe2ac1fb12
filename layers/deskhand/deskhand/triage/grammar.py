"""The words of people.toml, all languages merged, indexed for lookup."""

import re
import tomllib
from collections.abc import Iterator, Sequence
from importlib.resources import files
from typing import NamedTuple

_LANGUAGES: dict[str, dict[str, str]] = tomllib.loads(
    files("deskhand.triage").joinpath("people.toml").read_text(encoding="utf-8")
)
_UNSPACED = _LANGUAGES.pop("unspaced")


class Phrases:
    """Phrases to look for among the words of a sentence; `*` is up to three words."""

    def __init__(self, name: str) -> None:
        self._by_first: dict[str, list[tuple[str, ...]]] = {}
        said = {tuple(phrase.split()) for phrase in _lists(name, ",")} - {()}
        for phrase in sorted(said, key=_order):
            self._by_first.setdefault(phrase[0], []).append(phrase)

    def places(self, words: Sequence[str]) -> Iterator[tuple[int, int]]:
        """Start and end of each match; the longest when several begin at the same word."""
        for start, word in enumerate(words):
            ends = (_end(words, start, phrase) for phrase in self._by_first.get(word, ()))
            if end := next(filter(None, ends), None):
                yield start, end


def _order(phrase: tuple[str, ...]) -> tuple[int, tuple[str, ...]]:
    return -len(phrase), phrase


def _end(words: Sequence[str], place: int, phrase: Sequence[str]) -> int | None:
    """The end of the phrase that begins at `place`; None when it does not match there."""
    for number, part in enumerate(phrase, 1):
        if part == "*":
            rests = (_end(words, place + skipped, phrase[number:]) for skipped in range(4))
            return next(filter(None, rests), None)
        if place >= len(words) or words[place] != part:
            return None
        place += 1
    return place


class Words(NamedTuple):
    """Single words, by category."""

    people: frozenset[str]
    person: frozenset[str]
    numbered: frozenset[str]
    units: frozenset[str]
    of: frozenset[str]
    vague: frozenset[str]
    articles: frozenset[str]
    between: frozenset[str]
    sayings: frozenset[str]
    holding: frozenset[str]
    hours: frozenset[str]


def _lists(name: str, mark: str | None) -> Iterator[str]:
    for language in _LANGUAGES.values():
        yield from language[name].casefold().split(mark)


def _words(name: str) -> frozenset[str]:
    return frozenset(_lists(name, None))


WORDS = Words(*(_words(name) for name in Words._fields))
NEGATIONS, GREETINGS = _words("negations"), _words("greetings")
EVERYONE, TEAM = Phrases("everyone"), Phrases("team")
TROUBLE, CALM, PLANNED = Phrases("trouble"), Phrases("calm"), Phrases("planned")
COUNTS = {word: int(value) for word, value in (each.split() for each in _lists("counts", ","))}


def _either(name: str) -> str:
    return "|".join(_UNSPACED[name].split())


EVERYONE_UNSPACED, CALM_UNSPACED = re.compile(_either("everyone")), re.compile(_either("calm"))
COUNTERS = re.compile(
    rf"(?<![\d.,:])(\d{{1,6}}) ?(?:{_either('counters')})(?!{_either('planned')})"
)
