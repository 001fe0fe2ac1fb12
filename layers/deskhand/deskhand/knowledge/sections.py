"""Cuts a page into sections that answer one question each: at headings, long ones in pieces."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from deskhand.knowledge.quotes import SEPARATOR, Quote, sentences
from deskhand.knowledge.reader import Block

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

    The body is plain text, with marks of items and fences around code; no fence is left open.
    """

    heading: str
    body: str
    quotes: tuple[Quote, ...] = ()


def parts_of(title: str, blocks: tuple[Block, ...]) -> list[Part]:
    """The page's parts in order; at least one."""
    made = [
        Part(heading, _joined(piece), tuple(quote for each in piece for quote in each.quotes))
        for heading, held in _under_headings(title, blocks)
        for piece in _pieces(held)
    ]
    return made or [Part(title, "")]


def _under_headings(title: str, blocks: tuple[Block, ...]) -> Iterator[tuple[str, list[Block]]]:
    path, held = list[Block](), list[Block]()
    for block in blocks:
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


def _joined(piece: list[Block]) -> str:
    gaps = [_gap(before, block) for before, block in pairwise(piece)]
    return piece[0].text + "".join(
        gap + each.text for gap, each in zip(gaps, piece[1:], strict=True)
    )


def _gap(before: Block, block: Block) -> str:
    """What stands between two blocks."""
    return "\n" if before.lines and block.lines else "\n\n"


def _pieces(held: list[Block]) -> Iterator[list[Block]]:
    piece, size = list[Block](), 0
    for block in (cut for each in held for cut in _cut_block(each)):
        more = len(_gap(piece[-1], block)) + len(block.text) if piece else 0
        if size + more > _CHARACTERS:
            yield piece
            piece, size, more = [], 0, 0
        piece.append(block)
        size += more or len(block.text)
    if piece:
        yield piece


def _cut_block(block: Block) -> Iterator[Block]:
    """The block, or its pieces when it is too long; pieces of code are fenced.

    An item, a row and code stay one quote, with the first piece.
    """
    if len(block.text) <= _CHARACTERS:
        yield block
    elif block.fence:
        code, closing = block.text.rpartition("\n")[0], block.text.rpartition("\n")[2]
        room = _CHARACTERS - len(block.fence) - len(closing) - 2
        for number, text in enumerate(_cut(code.partition("\n")[2], room)):
            fenced = f"{block.fence}\n{text}\n{closing}"
            yield replace(block, text=fenced, quotes=() if number else block.quotes)
    elif block.lines:
        for number, text in enumerate(_cut(block.text, _CHARACTERS)):
            yield replace(block, text=text, quotes=() if number else block.quotes)
    else:
        for text in _cut(block.text, _CHARACTERS):
            yield Block(text, quotes=tuple(sentences(text)))


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
