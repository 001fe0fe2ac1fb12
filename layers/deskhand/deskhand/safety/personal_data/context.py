"""Classifies a number by the words before it."""

import re
from enum import Enum

from deskhand.safety.personal_data.word_lists import words_of

_WORD = re.compile(r"[^\W\d_]+")
# Reading back from a number, another number or the line's start ends the sentence.
_SENTENCE = re.compile(r"[^\d\n]{0,40}$")
_LETTER_LABEL = re.compile(r"(?<![\w.])[TMFPHWtmfphw] ?[:.]\W*$")
_NEAR_WORDS = 4

_PHONE = words_of("phone")
_PHONE_STEMS = tuple(words_of("phone_stems"))
_PHONE_SIGNS = words_of("phone_signs")
_REACH = words_of("reach")
_COUNT = words_of("count")


class NumberKind(Enum):
    """The kind of number that the words before it suggest."""

    PHONE = "phone"
    REACH = "somebody who can be reached there"
    COUNT = "another number"
    NOTHING = "nothing"


def kind_before(text: str, start: int) -> NumberKind:
    """The kind of number at `start` that the nearest label word before it suggests."""
    found = _SENTENCE.search(text[max(0, start - 40) : start])
    before = found.group() if found else ""
    if before.endswith("#"):
        return NumberKind.COUNT
    if _LETTER_LABEL.search(before) or any(sign in before for sign in _PHONE_SIGNS):
        return NumberKind.PHONE
    for word in reversed(_WORD.findall(before.lower())[-_NEAR_WORDS:]):
        if word in _COUNT:
            return NumberKind.COUNT
        if word in _PHONE or word.startswith(_PHONE_STEMS):
            return NumberKind.PHONE
        if word in _REACH:
            return NumberKind.REACH
    return NumberKind.NOTHING
