"""Counts the people that a ticket describes as affected, for priority and entities alike.

A number counts people only when it stands before a word for people; times, codes, versions and
amounts are excluded. People are not affected when the sentence says that they are fine, can work
again, are invited, receive a licence or are thanked.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Literal, NamedTuple

from deskhand.safety.personal_data.folding import fold
from deskhand.triage.denial import own_words
from deskhand.triage.grammar import (
    CALM,
    CALM_UNSPACED,
    COUNTERS,
    COUNTS,
    EVERYONE,
    EVERYONE_UNSPACED,
    GREETINGS,
    IDEOGRAPHS,
    NEGATIONS,
    PLANNED,
    TEAM,
    TROUBLE,
    WORDS,
    Phrases,
)

type Scope = Literal["team", "everyone"]

# The smallest number of people that counts as a group.
GROUP = 5
_CHUNK = re.compile(r"\S+")
_OPENING = "(\"'[{~*_\u00ab\u201c\u201e\u2018\u2248"
_CLOSING = ")\"'\u2019]},;:!?.+*_\u00bb\u201d\u2026"
_ENDS = (".", "!", "?", ";", "\u2026")
# A raised number is a note or a power, never a count.
_RAISED_DIGITS = "\u00b2\u00b3\u00b9\u2070\u2074-\u2079"
_RAISED = re.compile(rf"[{_RAISED_DIGITS}]+")
_NUMBER = re.compile(r"([1-9]\d{0,2}(?:[.,]\d{3}){1,2}|0|[1-9]\d{0,6})(?:[-\u2013]\d{1,7})?")
_FIRST = re.compile(r"(?<![\w.])(?:[1-9]\d{0,2}(?:[ .,]\d{3}){1,2}|\d{1,7})(?!\w)")
_YEARS = range(1990, 2100)
_HOURS = range(25)
_MOST_BETWEEN = 3


class AffectedPeople(NamedTuple):
    """The number of affected people, found at text[start:end]."""

    value: int | Scope
    start: int
    end: int

    @property
    def is_many(self) -> bool:
        """Whether it is at least a group."""
        return not isinstance(self.value, int) or self.value >= GROUP


class _Word(NamedTuple):
    """A word without punctuation, and whether that punctuation ends a clause or the sentence."""

    text: str
    start: int
    end: int
    comma: bool
    ends: bool


def affected_people(text: str) -> AffectedPeople | None:
    """The largest group that the text says is affected; None when it names no affected people."""
    folded = own_words(_RAISED.sub(lambda raised: "x" * len(raised.group()), text))
    plain = folded.text
    said = [found for sentence in _sentences(plain) for found in _in_sentence(sentence)]
    said += _unspaced(plain)
    if not said:
        return None
    widest = max(said, key=_width)
    return AffectedPeople(widest.value, *folded.original(widest.start, widest.end))


def number_in(text: str) -> int | None:
    """The first whole number in a text, in figures or in words; None without a number."""
    plain = fold(text).text
    words = ((word.start, COUNTS[word.text]) for word in _words(plain) if word.text in COUNTS)
    figures = ((found.start(), _figure(found.group())) for found in _FIRST.finditer(plain))
    return min(chain(words, figures), default=(0, None))[1]


def _figure(written: str) -> int:
    """The number without its thousands separators."""
    return int(re.sub(r"\D", "", written))


def _width(said: AffectedPeople) -> tuple[int, int]:
    """Sort key: a large number ranks highest, then everyone, a team, a few people."""
    if isinstance(said.value, int):
        return (3, said.value) if said.is_many else (0, said.value)
    return (2, 0) if said.value == "everyone" else (1, 0)


def _words(text: str) -> Iterator[_Word]:
    for found in _CHUNK.finditer(text):
        chunk = found.group()
        bare = chunk.lstrip(_OPENING)
        start = found.start() + len(chunk) - len(bare)
        kept = bare.rstrip(_CLOSING)
        line_ends = text.startswith(("\n\n", "\r\n\r\n"), found.end())
        marks = bare[len(kept) :]
        ends = line_ends or marks.rstrip(")\"'\u201d\u00bb").endswith(_ENDS)
        said = kept.casefold().replace("\u2019", "'")
        yield _Word(said, start, start + len(kept), "," in marks, ends)


def _sentences(plain: str) -> Iterator[list[_Word]]:
    """The words of each sentence; "no." does not end one."""
    sentence: list[_Word] = []
    for word in _words(plain):
        sentence.append(word)
        if word.ends and word.text not in WORDS.numbered:
            yield sentence
            sentence = []
    yield sentence


def _in_sentence(sentence: Sequence[_Word]) -> Iterator[AffectedPeople]:
    words = [word.text for word in sentence]
    found = [*_counts(sentence), *_scopes(sentence, words)]
    if found and _has_trouble(words):
        yield from found


def _has_trouble(words: Sequence[str]) -> bool:
    """False when the sentence says that all is well, or only describes a plan."""
    if any(not _follows(NEGATIONS, words, start) for start, _ in CALM.places(words)):
        return False
    return any(TROUBLE.places(words)) or not any(PLANNED.places(words))


def _follows(marks: frozenset[str], words: Sequence[str], place: int) -> bool:
    """Whether one of `marks` is among the two words before `place`."""
    return bool(marks.intersection(words[max(0, place - 2) : place]))


def _scopes(sentence: Sequence[_Word], words: Sequence[str]) -> Iterator[AffectedPeople]:
    scopes: tuple[tuple[Scope, Phrases], ...] = (("everyone", EVERYONE), ("team", TEAM))
    for scope, phrases in scopes:
        for start, end in phrases.places(words):
            if not _follows(NEGATIONS | GREETINGS, words, start):
                yield AffectedPeople(scope, sentence[start].start, sentence[end - 1].end)


def _counts(sentence: Sequence[_Word]) -> Iterator[AffectedPeople]:
    """Numbers that stand before a word for people, with no more than a few words in between."""
    for place, word in enumerate(sentence):
        if word.text in WORDS.people or word.text in WORDS.person:
            number = _number_before(sentence, place)
            if number is not None:
                value, first = number
                if value and (value == 1 or word.text in WORDS.people):
                    yield AffectedPeople(value, sentence[first].start, word.end)


def _number_before(sentence: Sequence[_Word], people: int) -> tuple[int, int] | None:
    """The number and its position; 5 in "5 of our 200 users"."""
    for place in range(people - 1, max(-1, people - 2 - _MOST_BETWEEN), -1):
        word = sentence[place].text
        if sentence[place].comma:
            return None
        if word in COUNTS or word[:1].isdecimal():
            first = _thousands(sentence, place)
            value = _value("".join(each.text for each in sentence[first : place + 1]))
            if value is None or not _is_count(sentence, value, first):
                return None
            return _part_of(sentence, value, first)
        if word not in WORDS.of and word not in WORDS.articles and _parts(word):
            return None
    return None


def _parts(word: str) -> bool:
    """Whether the word separates a number from the people after it: "40 errors customers see"."""
    plural = word.endswith("s") and word not in WORDS.sayings
    return plural or word in WORDS.units or word in WORDS.between


def _value(word: str) -> int | None:
    if word in COUNTS:
        return COUNTS[word]
    found = _NUMBER.fullmatch(word)
    return _figure(found[1]) if found else None


def _thousands(sentence: Sequence[_Word], place: int) -> int:
    """The start of a number whose thousands are separated by a space."""
    number, before = sentence[place].text, sentence[place - 1].text if place else ""
    apart = len(number) == 3 and number.isdecimal() and re.fullmatch(r"[1-9]\d{0,2}", before)
    return place - 1 if apart else place


def _is_count(sentence: Sequence[_Word], value: int, place: int) -> bool:
    """False for the number of something: a code, a version, a year, a time, an amount."""
    before = _before(sentence, place)
    if not before:
        return True
    if before[0] in "#$\u20ac\u00a3" or any(before in words for words in _NO_COUNT):
        return False
    if _follows(WORDS.holding, [word.text for word in sentence[max(0, place - 2) : place]], 2):
        return False
    return not (before in WORDS.hours and (value in _HOURS or value in _YEARS)) and not (
        value in _YEARS and before in WORDS.between
    )


_NO_COUNT = (WORDS.numbered, WORDS.units, NEGATIONS)


def _before(sentence: Sequence[_Word], place: int) -> str:
    """The previous word of the same clause; empty at its start."""
    return "" if place == 0 or sentence[place - 1].comma else sentence[place - 1].text


def _part_of(sentence: Sequence[_Word], value: int, first: int) -> tuple[int, int] | None:
    """Value and position of the count: 5 for the number 200 in "5 of our 200 users". None when a
    negation or a vague word replaces it."""
    place = first - 1
    while place >= 0 and sentence[place].text in WORDS.articles:
        place -= 1
    if place >= 0 and sentence[place].text in WORDS.of:
        place -= 1
    elif place < 0 or sentence[place].text not in NEGATIONS:
        return value, first
    whose = sentence[place].text if place >= 0 else ""
    if whose in NEGATIONS or whose in WORDS.vague:
        return None
    part = _value(whose)
    return (value, first) if part is None else (part, place)


def _ideographic(written: str) -> int:
    """The number that Chinese signs write: 35 in three, ten, five."""
    whole, digit = 0, 0
    for sign in written:
        value = IDEOGRAPHS[sign]
        whole, digit = (whole, value) if value < 10 else (whole + (digit or 1) * value, 0)
    return whole + digit


def _unspaced(plain: str) -> Iterator[AffectedPeople]:
    """The same for languages without spaces between words."""
    if plain.isascii() or CALM_UNSPACED.search(plain):
        return
    for found in COUNTERS.finditer(plain):
        value = int(found[1]) if found[1].isdecimal() else _ideographic(found[1])
        if value:
            yield AffectedPeople(value, *found.span())
    for found in EVERYONE_UNSPACED.finditer(plain):
        yield AffectedPeople("everyone", *found.span())
