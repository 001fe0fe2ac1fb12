"""The words of the files in `languages`, all languages merged, indexed for lookup."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

_SPACED = ("en", "de", "fr", "es", "it", "pt", "nl", "pl")
_UNSPACED = ("ja", "zh", "ko")


_FOLDER = Path(__file__).with_name("languages")


def _read(name: str) -> dict[str, Any]:
    words: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text("utf-8"))
    return words


_LANGUAGES = [_read(name) for name in _SPACED]
_OTHERS = [_read(name) for name in _UNSPACED]


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
    for language in _LANGUAGES:
        yield from language[name].casefold().split(mark)


def _words(name: str) -> frozenset[str]:
    return frozenset(_lists(name, None))


WORDS = Words(*(_words(name) for name in Words._fields))
NEGATIONS, GREETINGS = _words("negations"), _words("greetings")
EVERYONE, TEAM = Phrases("everyone"), Phrases("team")
TROUBLE, CALM, PLANNED = Phrases("trouble"), Phrases("calm"), Phrases("planned")
COUNTS = {word: int(value) for word, value in (each.split() for each in _lists("counts", ","))}


DENIES, LAST = _words("denies"), _words("last")
ALLOWS, AFTER = Phrases("allows"), Phrases("after")


class Clauses(NamedTuple):
    """Where clauses of a language begin and end; `own` are words that tell it from others."""

    contrasts: frozenset[str]
    joins: frozenset[str]
    either: frozenset[str]
    subjects: frozenset[str]
    own: frozenset[str]


def _clauses(language: dict[str, Any]) -> Clauses:
    contrasts, joins, either, subjects, *more = (
        frozenset(language[name].split())
        for name in (*Clauses._fields[:-1], "denies", "articles", "of", "greetings")
    )
    own = contrasts.union(joins, either, subjects, *more)
    return Clauses(contrasts, joins, either, subjects, own)


_CLAUSES = [_clauses(language) for language in _LANGUAGES]


def clauses_of(words: Sequence[str]) -> Clauses:
    """Those of the language that most of the words speak for; English where none does."""
    return max(_CLAUSES, key=lambda each: sum(word in each.own for word in words))


def table(name: str) -> dict[str, list[str]]:
    """The phrases of each list of a table, of all languages that put spaces between words."""
    found: dict[str, list[str]] = {}
    for language in _LANGUAGES:
        for key, phrases in language[name].items():
            found.setdefault(key, []).extend(each.strip() for each in phrases.split(","))
    return found


def unspaced_words(name: str) -> list[str]:
    """The words of a list, of all languages that put none."""
    return [word for language in _OTHERS for word in language[name].split()]


def _either(name: str) -> str:
    return "|".join(map(re.escape, unspaced_words(name)))


EVERYONE_UNSPACED, CALM_UNSPACED = re.compile(_either("everyone")), re.compile(_either("calm"))
IDEOGRAPHS = {
    "\u4e00": 1, "\u4e8c": 2, "\u4e24": 2, "\u4e09": 3, "\u56db": 4, "\u4e94": 5, "\u516d": 6,
    "\u4e03": 7, "\u516b": 8, "\u4e5d": 9, "\u5341": 10, "\u767e": 100, "\u5343": 1000,
}  # fmt: skip
_IDEOGRAPH = f"[{''.join(IDEOGRAPHS)}]"
# Behind the first of these signs a number is an ordinal; behind the second, one of many.
COUNTERS = re.compile(
    rf"(?<![\d.,:\u7b2c\u6bcf])(?<!{_IDEOGRAPH})(\d{{1,6}}|{_IDEOGRAPH}{{1,7}})"
    rf" ?(?:{_either('counters')})(?!{_either('planned')})"
)
# Up to the end of a clause.
_CLAUSE = r"[^\s,!?\u3001\u3002\uff0c\uff01\uff1f]"
BEFORE_UNSPACED = re.compile(rf"(?:{_either('before')}){_CLAUSE}{{0,2}}\Z")
BEHIND_UNSPACED = re.compile(rf"{_CLAUSE}{{0,6}}(?:{_either('behind')})")
