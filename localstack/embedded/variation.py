"""The sample tickets about other things, so that a second demo is not all duplicates.

Two texts are about the same thing only when they share an identifier (a device, an order, a user
name), or one of them has none. So each round changes all identifiers of a text: pairs within a
round still repeat each other, and no ticket repeats one of another round.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import count
from typing import Any

from deskhand.similarity.identifiers import identifiers
from embedded.tickets import Submission

# More than a text counts up itself: `web-11` and `web-12` of one round, `web-18` of the next.
_STEP = 7
_TEXTS = ("subject", "body", "description")
_DIGITS = re.compile(r"[0-9]+")


def rounds(samples: Sequence[Submission], first: int) -> Iterator[Submission]:
    """Yield the samples round after round, without end, from round `first` on."""
    for number in count(first):
        for sample in samples:
            yield varied(sample, number)


def varied(sample: Submission, number: int) -> Submission:
    """Return the sample as it is told in a round; round 0 is the sample itself."""
    texts: Mapping[str, Any] = {name: sample.body[name] for name in _TEXTS if name in sample.body}
    changed = {name: _renamed(str(text), number * _STEP) for name, text in texts.items()}
    return Submission(sample.path, {**sample.body, **changed})


def _renamed(text: str, step: int) -> str:
    """Return the text with each identifier's numbers raised by `step`."""
    # The longest first: one may be the end of another.
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
