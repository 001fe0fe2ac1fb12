"""Checks that a stored ticket can be triaged at all."""

import re

from deskhand.errors import InvalidTicket

# A word in any script: letters or digits.
_WORD = re.compile(r"[^\W_]+")


def validate(subject: str, body: str) -> int:
    """The number of words in subject and body; raises InvalidTicket when there are no words."""
    words = len(_WORD.findall(subject)) + len(_WORD.findall(body))
    if words == 0:
        raise InvalidTicket("neither subject nor body holds a single word")
    return words
