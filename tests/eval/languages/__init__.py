"""Tickets in nine languages: 64 of our own in English, and a translation of each.

`topics.toml` says what the tickets are about, and there is a file for each language. Each
translation was checked twice. First by machine: the words by the dictionaries of LibreOffice (not
Japanese), the numbers beside the English text, and a multilingual encoder, for which the nearest
English ticket of each translation is its own. Then each line was read again beside the English one
(Japanese by the first check alone); five were changed.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from deskhand.ticket import TicketText

FOLDER = Path(__file__).parent
ENGLISH = "en"
LANGUAGES = tuple(sorted(path.stem for path in FOLDER.glob("*.txt")))


class Topic(NamedTuple):
    """What two tickets are about: the request type, and the article that answers them."""

    request_type: str
    title: str
    body: str


class Ticket(NamedTuple):
    """A ticket in one language; `name` is the same in all, and says the topic and which of two."""

    name: str
    text: TicketText

    @property
    def topic(self) -> str:
        """The name of its topic."""
        return self.name.partition(".")[0]

    @property
    def first(self) -> bool:
        """Whether it is the first of its topic."""
        return self.name.endswith(".a")


def topics() -> dict[str, Topic]:
    """Every topic by its name."""
    found = tomllib.loads((FOLDER / "topics.toml").read_text(encoding="utf-8"))
    return {name: Topic(*said) for name, said in found.items()}


def tickets(language: str) -> Iterator[Ticket]:
    """The tickets of a language, in the same order in all."""
    for line in (FOLDER / f"{language}.txt").read_text(encoding="utf-8").splitlines():
        name, subject, body = line.split("\t")
        yield Ticket(name, TicketText(subject, body))
