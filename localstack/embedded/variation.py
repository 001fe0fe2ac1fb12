"""Variations of the sample tickets, so that a second demo is not all duplicates.

Two texts are about the same thing only when they share an identifier (a device, an order, a user
name), or when one of them has no identifier. So each round changes all identifiers of a text: pairs
within a round are still duplicates, and no ticket is a duplicate of one from another round.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from deskhand.similarity.identifiers import identifiers
from embedded.tickets import Submission

# More than the identifiers of one text differ: `web-11` and `web-12` in a round, `web-18` in the
# next.
_STEP = 7
_TEXTS = ("subject", "body", "description")
_DIGITS = re.compile(r"[0-9]+")


def rounds(samples: Sequence[Submission], first: int) -> Iterator[Submission]:
    """Yield the samples of round `first`, then of each later round, without end."""
    for number in count(first):
        for sample in samples:
            yield vary(sample, number)


def vary(sample: Submission, number: int) -> Submission:
    """Return the sample as it is in a round; round 0 is the sample itself."""
    texts: Mapping[str, Any] = {name: sample.body[name] for name in _TEXTS if name in sample.body}
    changed = {name: _renamed(str(text), number * _STEP) for name, text in texts.items()}
    return Submission(sample.path, {**sample.body, **changed})


def _renamed(text: str, step: int) -> str:
    """Return the text with each identifier's numbers raised by `step`."""
    # Longest first: a short one may be the end of a longer one.
    for name in sorted(identifiers(text), key=len, reverse=True) if step else ():
        pattern = rf"(?<![\w./:-]){re.escape(name)}(?![\w-])"
        text = re.sub(
            pattern, lambda match: _raised(match.group(), step), text, flags=re.IGNORECASE
        )
    return text


def _raised(name: str, step: int) -> str:
    def raised(match: re.Match[str]) -> str:
        return str(int(match.group()) + step).zfill(len(match.group()))

    return _DIGITS.sub(raised, name)
