"""Markdown in parts that answer one question each: cut at headings, long ones at paragraphs."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

# About as much as the embedded model reads at once.
_CHARACTERS = 1_600
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+(.*)")
_FENCE = re.compile(r" {0,3}(```|~~~)")


@dataclass(frozen=True)
class Part:
    """Consecutive text of a page under one heading; the page's title where there is none."""

    heading: str
    body: str


def parts_of(title: str, body: str) -> list[Part]:
    """The page's parts in order, never none."""
    made = [
        Part(heading, piece)
        for heading, text in _under_headings(title, body)
        for piece in _pieces(text)
    ]
    return made or [Part(title, "")]


def _under_headings(title: str, body: str) -> Iterator[tuple[str, str]]:
    heading, lines, fence = title, list[str](), ""
    for line in body.splitlines():
        if mark := _FENCE.match(line):
            fence = "" if fence == mark[1] else fence or mark[1]
        # A # in a code block is a comment.
        if not fence and (found := _heading(line)):
            yield heading, "\n".join(lines).strip()
            heading, lines = found, []
        else:
            lines.append(line)
    yield heading, "\n".join(lines).strip()


def _heading(line: str) -> str:
    """The text of a heading without what may close it, "" for any other line."""
    found = _HEADING.match(line)
    text = found[1].strip() if found else ""
    open_ended = text.rstrip("#")
    return open_ended.strip() if open_ended[-1:] in ("", " ", "\t") else text


def _pieces(text: str) -> Iterator[str]:
    piece = ""
    for paragraph in re.split(r"\n\s*\n", text):
        if piece and len(piece) + len(paragraph) > _CHARACTERS:
            yield piece
            piece = ""
        piece = f"{piece}\n\n{paragraph}" if piece else paragraph
    if piece.strip():
        yield piece
