"""Checks that a stored ticket can be triaged at all."""

import re

from deskhand.errors import InvalidTicket
from deskhand.normal_form import normalise_text

# A word in any script: letters or digits.
_WORD = re.compile(r"[^\W_]+")


def validate(subject: str, body: str) -> int:
    """The number of words in subject and body; raises InvalidTicket when there are no words."""
    words = sum(len(_WORD.findall(normalise_text(each))) for each in (subject, body))
    if words == 0:
        raise InvalidTicket("neither subject nor body holds a single word")
    return words
