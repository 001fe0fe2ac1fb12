"""Passages of articles, split into sentences that can be quoted."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from deskhand.knowledge.markdown import blocks
from deskhand.knowledge.sections import SEPARATOR

_ITEM = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*+])\s+(.+)$")
_NUMBERED = re.compile(r"^\s*\d{1,2}[.)]\s")
_MARKUP = re.compile(r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}|^\s*(?:>|#{1,6})\s*")
_LINKED = re.compile(r"!?\[([^\[\]]*)\]\([^()]*\)")
# The next sentence must begin with a capital: "order ... has no price" is one sentence.
_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z\u00c0-\u00de])")


@dataclass(frozen=True, slots=True)
class Passage:
    """A section of an article; `number` is its position in the page, `section` its heading path."""

    slug: str
    number: int
    title: str
    section: str
    text: str

    @property
    def id(self) -> str:
        """The id by which a draft cites the passage."""
        return f"{self.slug}#{self.number}"

    @property
    def heading(self) -> str:
        """The heading right above the passage."""
        return self.section.rpartition(SEPARATOR)[2]


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, or an item of a list."""

    text: str
    item: bool
    numbered: bool = False


def sentences(markdown: str) -> Iterator[Sentence]:
    """The sentences of a passage, without markup; code and tables are left out."""
    for block in blocks(markdown):
        if not block.code and not block.level:
            yield from _said([line for line in block.text.splitlines() if "|" not in line])


def _said(lines: list[str]) -> Iterator[Sentence]:
    prose: list[str] = []
    for line in lines:
        if found := _ITEM.match(line):
            yield from _ended(prose)
            prose = []
            yield Sentence(_plain(found[1]), item=True, numbered=bool(_NUMBERED.match(line)))
        else:
            prose.append(line)
    yield from _ended(prose)


def _ended(lines: list[str]) -> Iterator[Sentence]:
    for text in _END.split(_plain(" ".join(lines))):
        if text:
            yield Sentence(text, item=False)


def _plain(text: str) -> str:
    return " ".join(_MARKUP.sub("", _LINKED.sub(r"\1", text)).split())
