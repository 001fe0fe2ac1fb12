"""Identifiers in a text: numbers of invoices, machines, people, errors."""

import re

from deskhand.normal_form import normalise_text
from deskhand.similarity.lexical import UNSPACED

_TOKEN = re.compile(rf"[^\W{UNSPACED}]+(?:[-./:][^\W{UNSPACED}]+)*")
# The fewest digits of a bare number that counts as an identifier, not as an amount.
_LONG = 4
# Years, dates, times and amounts: tickets about the same problem may differ in them, and unrelated
# ones may share them.
_NO_NAME = re.compile(
    r"(?:199|20[0-3])\d|\d{1,3}(?:\.\d{3}){1,2}"
    r"|\d{1,4}[-./]\d{1,2}(?:[-./]\d{1,4})?(?:t\d.*)?"
    r"|\d{1,2}[:.h]\d\d(?:[:.]\d\d)?(?:am|pm)?"
    r"|\d+(?:\.\d+)?(?:[kmgt]i?b(?:ps|/s)?|[kmg]?bits?|[kmg]?hz|[mnu]?s(?:ecs?)?|min(?:ute)?s?"
    r"|h(?:rs?|ours?)?|d(?:ays?)?|weeks?|am|pm|st|nd|rd|th|x|v|w|k|m|[cmk]m|kg|g|px|eur|usd|gbp)"
)


def identifiers(text: str) -> frozenset[str]:
    """The text's tokens that identify one thing among others of its kind, in lower case.

    They contain letters and digits, or at least four digits.
    """
    return frozenset(filter(_names, _TOKEN.findall(normalise_text(text).casefold())))


def _names(token: str) -> bool:
    digits = sum(each.isdecimal() for each in token)
    if not digits or _NO_NAME.fullmatch(token):
        return False
    return digits >= _LONG or any(each.isalpha() for each in token)
