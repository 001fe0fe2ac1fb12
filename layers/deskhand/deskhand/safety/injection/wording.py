"""Recognises instructions to a model by their words, in more than twenty languages."""

import json
import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from deskhand.safety.injection.views import plain

# `\w` does not match vowel signs and similar marks.
_WORDS = re.compile(
    "(?:[^\\W_]|[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0dff\u0e31-\u0e4e])+"
)
_NEAR_WORDS = 7
_NEAR_CHARACTERS = 24
_SPACED_SIGNS = ("override", "reveal")
_PARTS = ("verbs", "qualifiers", "objects")


def worded_signs(text: str) -> Iterator[str]:
    """The names of what the text asks a model to do: override, reveal, role, answer, send."""
    normal = plain(text)
    words = _WORDS.findall(normal)
    yield from _near(words)
    joined = f" {' '.join(words)} "
    for sign, phrases in _PHRASES.items():
        if any(phrase in joined for phrase in phrases):
            yield sign
    if not normal.isascii():
        yield from _unspaced(normal)


def _near(words: list[str]) -> Iterator[str]:
    """Signs whose verb, qualifier and object stand close together."""
    places: defaultdict[tuple[str, str], dict[str, list[int]]] = defaultdict(dict)
    for place, word in enumerate(words):
        for sign, language, part in _tags(word):
            places[sign, language].setdefault(part, []).append(place)
    for (sign, _), found in places.items():
        # A thing is shown after the word for showing it: "your instructions do not print".
        if len(found) == len(_PARTS) and _together(found, in_order=sign == "reveal"):
            yield sign


@lru_cache(maxsize=20_000)
def _tags(word: str) -> tuple[tuple[str, str, str], ...]:
    """The possible roles of the word: sign, language, and part of the phrase."""
    lengths = (length for length in _LENGTHS if length <= len(word))
    stems = (tag for length in lengths for tag in _STEMS.get(word[:length], ()))
    return tuple({*stems, *_STEMS.get(f"{word}=", ())})


def _together(found: dict[str, list[int]], *, in_order: bool) -> bool:
    """True when verb, qualifier and object stand within a few words of each other."""
    for verb in found["verbs"]:
        qualifiers, things = (_around(found[part], verb, _NEAR_WORDS) for part in _PARTS[1:])
        later = [thing for thing in things if thing > verb or not in_order]
        if any(q != thing and verb not in (q, thing) for q in qualifiers for thing in later):
            return True
    return False


def _around(places: list[int], place: int, distance: int) -> list[int]:
    """The sorted places within that distance."""
    return places[bisect_left(places, place - distance) : bisect_right(places, place + distance)]


def _unspaced(text: str) -> Iterator[str]:
    for sign, verbs, objects in _UNSPACED:
        things = sorted(_places(text, objects))
        if any(_around(things, place, _NEAR_CHARACTERS) for place in _places(text, verbs)):
            yield sign
    if any(phrase in text for phrase in _UNSPACED_PHRASES):
        yield "role"


def _places(text: str, words: list[str]) -> Iterator[int]:
    for word in words:
        yield from (found.start() for found in re.finditer(re.escape(word), text))


def _phrases(listed: str) -> tuple[str, ...]:
    whole = (" ".join(_WORDS.findall(plain(phrase))) for phrase in listed.split(","))
    return tuple(f" {phrase} " for phrase in whole)


def _plain_words(listed: str) -> list[str]:
    return [plain(word) for word in listed.split()]


_LISTS = json.loads(Path(__file__).with_name("patterns.json").read_text("utf-8"))
_STEMS: defaultdict[str, list[tuple[str, str, str]]] = defaultdict(list)
for _sign in _SPACED_SIGNS:
    for _language, _lists in _LISTS[_sign].items():
        for _part in _PARTS:
            for _stem in _plain_words(_lists[_part]):
                _STEMS[_stem].append((_sign, _language, _part))
_LENGTHS = sorted({len(stem) for stem in _STEMS})
_PHRASES = {sign: _phrases(listed) for sign, listed in _LISTS["phrases"].items()}
_CLOSE = _LISTS["unspaced"]
_UNSPACED = [
    ("override", _plain_words(_CLOSE["verbs"]), _plain_words(_CLOSE["objects"])),
    ("reveal", _plain_words(_CLOSE["reveal_verbs"]), _plain_words(_CLOSE["reveal_objects"])),
]
_UNSPACED_PHRASES = [plain(phrase.strip()) for phrase in _CLOSE["phrases"].split(",")]
