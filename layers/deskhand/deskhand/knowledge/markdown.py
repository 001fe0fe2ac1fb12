"""Splits Markdown into blocks: the one place that recognises headings and code.

It covers the parts of CommonMark that matter for search and quotation. It is more lenient: fences
may be indented by any width, and a metadata block (`---`) counts as code.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, takewhile

# Longer text is not a heading or a fence.
_CHARACTERS, _LINES = 200, 3
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*)")
_UNDERLINE = re.compile(r" {0,3}(={3,}|-{3,})[ \t]*")
_BREAK = re.compile(r" {0,3}(?:(?:-[ \t]*+){3,}|(?:\*[ \t]*+){3,}|(?:_[ \t]*+){3,})")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d{1,9}[.)])[ \t]")
_OTHER = re.compile(r"[ \t]*[>|<]")
_INDENTED = re.compile(r" {4}| {0,3}\t")
# A fence may be inside a quotation, or begin a list item.
_FENCE = re.compile(
    r"((?:[ \t]*+(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t])))*+[ \t]*+)(?:(`{3,}+)[^`]*|(~{3,}+).*)"
)


@dataclass(frozen=True)
class Block:
    """A heading (`level` 1 to 6, `text` without its marks), code, or other lines without a blank
    line between them.

    `opening` and `closing` are the fence lines around fenced code.
    """

    text: str
    level: int = 0
    code: bool = False
    opening: str = ""
    closing: str = ""

    @property
    def markdown(self) -> str:
        """The block as Markdown; an unclosed fence is closed."""
        return "\n".join(line for line in (self.opening, self.text, self.closing) if line)


def blocks(markdown: str) -> Iterator[Block]:
    """The blocks in order; lines that only separate blocks are left out."""
    rest, listed = deque(markdown.splitlines()), False
    if metadata := _metadata(rest):
        yield metadata
    while rest:
        block = _next(rest, listed=listed)
        if block and not block.code:
            listed = _goes_on(block, listed=listed)
        if block:
            yield block


def _metadata(rest: deque[str]) -> Block | None:
    """The metadata at the start of a page, between two lines of `---`."""
    if not rest or rest[0].rstrip() != "---":
        return None
    inside = list(takewhile(lambda line: line.strip() not in ("", "---"), islice(rest, 1, None)))
    taken = len(inside) + 2
    if not inside or len(rest) < taken or not rest[taken - 1].strip():
        return None
    return Block("\n".join(rest.popleft() for _ in range(taken)), code=True)


def _next(rest: deque[str], *, listed: bool) -> Block | None:
    """The heading or code that begins at the next line, if any; its lines are consumed."""
    line = rest.popleft()
    if not line.strip() or _BREAK.fullmatch(line):
        return None
    if fence := _fence(line):
        return _fenced(fence, rest)
    if _INDENTED.match(line) and not listed:
        return _indented(line, rest)
    return _heading(line) or _paragraph(line, rest, listed=listed)


def _fence(line: str) -> re.Match[str] | None:
    return _FENCE.fullmatch(line) if len(line) <= _CHARACTERS else None


def _fenced(fence: re.Match[str], rest: deque[str]) -> Block:
    """The fenced code up to its closing line; all the rest when the fence is not closed."""
    mark = fence[2] or fence[3]
    quoted = ">" in fence[1]
    before = r"[ \t>]*+" if quoted else r"[ \t]*+"
    closes = re.compile(rf"{before}{mark[0]}{{{len(mark)},}}[ \t]*")
    inside, closing = list[str](), re.sub(r"[^>\s]", " ", fence[1]) + mark
    while rest and not (quoted and not rest[0].lstrip().startswith(">")):
        line = rest.popleft()
        if closes.fullmatch(line):
            closing = line
            break
        inside.append(line)
    return Block("\n".join(inside), code=True, opening=fence[0], closing=closing)


def _indented(line: str, rest: deque[str]) -> Block:
    inside = [line]
    while rest and (not rest[0].strip() or _INDENTED.match(rest[0])):
        inside.append(rest.popleft())
    return Block("\n".join(inside).rstrip(), code=True)


def _heading(line: str) -> Block | None:
    found = _HEADING.fullmatch(line)
    if not found:
        return None
    text = found[2].strip()
    open_ended = text.rstrip("#")
    # Closing marks are not part of the heading's text.
    plain = _plain(open_ended if open_ended[-1:] in ("", " ", "\t") else text)
    return Block(plain, len(found[1])) if 0 < len(plain) <= _CHARACTERS else None


def _plain(text: str) -> str:
    return " ".join(text.split())


def _paragraph(line: str, rest: deque[str], *, listed: bool) -> Block:
    """The lines of a paragraph; a heading when they are underlined."""
    held = [line]
    while rest and rest[0].strip() and not _fence(rest[0]) and not _heading(rest[0]):
        found = _UNDERLINE.fullmatch(rest[0])
        if found and _can_be_heading(held, listed=listed):
            rest.popleft()
            return Block(_plain(" ".join(held)), 1 if "=" in found[1] else 2)
        if _BREAK.fullmatch(rest[0]):
            break
        held.append(rest.popleft())
    return Block("\n".join(held))


def _can_be_heading(held: list[str], *, listed: bool) -> bool:
    """False for list items and their content, quotations, tables, HTML and long paragraphs."""
    if len(held) > _LINES or sum(map(len, held)) > _CHARACTERS:
        return False
    inside = listed and held[0][:1] in (" ", "\t")
    return not inside and not any(_ITEM.match(line) or _OTHER.match(line) for line in held)


def _goes_on(block: Block, *, listed: bool) -> bool:
    """Whether indented lines after the block belong to a list."""
    if block.level:
        return False
    items = any(_ITEM.match(line) for line in block.text.splitlines())
    return items or (listed and block.text[:1] in (" ", "\t"))
