"""Sentences with what they say and deny, a file for each language; en.txt explains them."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent
LANGUAGES = tuple(sorted(path.stem for path in FOLDER.glob("*.txt")))


class Sentence(NamedTuple):
    """Whether the sentence says so; `what` is `people`, `urgent`, `outage` or a phrase.

    `held`: it was not looked at while the rules were mended.
    """

    right: bool
    what: str
    text: str
    held: bool


def sentences(language: str) -> Iterator[Sentence]:
    """The sentences of a language, in the order of its file."""
    held = False
    for line in (FOLDER / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        held = held or line == "# held"
        if not line.startswith("#"):
            right, what, text = line.split("\t")
            yield Sentence(right == "yes", what, text.replace("\\n", "\n"), held)
