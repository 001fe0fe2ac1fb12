"""Splits Markdown into sections that answer one question each: at headings, long ones in pieces."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from deskhand.knowledge.markdown import Block, blocks

# Separator between the headings above a part, outermost first.
SEPARATOR = " › "
# Deliberately more than the built-in model reads, 256 tokens (650 to 1,350 characters): the lexical
# search covers the rest, and smaller parts matched symptoms less well.
_CHARACTERS = 1_600
# Where a long paragraph may be cut, in order of preference: after a line, a sentence, a word.
_ENDS = (
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?])\s+|(?<=[\u3002\uff01\uff1f])"),
    re.compile(r"\s+"),
)


@dataclass(frozen=True)
class Part:
    """Consecutive text of a page; `heading` is the heading path, or the page's title without one.

    Each body is complete Markdown: no fence is left open at its end.
    """

    heading: str
    body: str


def parts_of(title: str, body: str) -> list[Part]:
    """The page's parts in order; at least one."""
    made = [
        Part(heading, piece)
        for heading, held in _under_headings(title, body)
        for piece in _pieces(held)
    ]
    return made or [Part(title, "")]


def _under_headings(title: str, body: str) -> Iterator[tuple[str, list[Block]]]:
    path, held = list[Block](), list[Block]()
    for block in blocks(body):
        if block.level:
            yield _named(title, path), held
            path = [*(above for above in path if above.level < block.level), block]
            held = []
        else:
            held.append(block)
    yield _named(title, path), held


def _named(title: str, path: list[Block]) -> str:
    """The heading path of a part; a first heading equal to the page's title is left out."""
    texts = [heading.text for heading in path]
    return SEPARATOR.join(texts[1:] if texts[:1] == [title] else texts) or title


def _pieces(held: list[Block]) -> Iterator[str]:
    piece = ""
    for block in held:
        for text in _cut_block(block):
            if piece and len(piece) + 2 + len(text) > _CHARACTERS:
                yield piece
                piece = ""
            piece = f"{piece}\n\n{text}" if piece else text
    if piece:
        yield piece


def _cut_block(block: Block) -> Iterator[str]:
    """The block, or its pieces when it is too long; pieces of fenced code are fenced."""
    if len(block.markdown) <= _CHARACTERS:
        yield block.markdown
        return
    room = _CHARACTERS - sum(len(mark) + 1 for mark in (block.opening, block.closing) if mark)
    for text in _cut(block.text, room):
        yield "\n".join(line for line in (block.opening, text, block.closing) if line)


def _cut(text: str, room: int) -> Iterator[str]:
    while len(text) > room:
        end, start = _last_end(text[: room + 1])
        yield text[:end]
        text = text[start:]
    if text.strip():
        yield text


def _last_end(text: str) -> tuple[int, int]:
    """The best place to cut the text: the end of the first part and the start of the rest."""
    for pattern in _ENDS:
        for found in reversed(list(pattern.finditer(text))):
            if text[: found.start()].strip() and found.start() < len(text):
                return found.span()
    return len(text) - 1, len(text) - 1
