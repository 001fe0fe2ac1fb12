"""Lines of ticket text in which personal data is marked as ⟦KIND:...⟧."""

import re
from pathlib import Path
from typing import NamedTuple

_MARK = re.compile(r"⟦([A-Z]+):(.*?)⟧", re.DOTALL)


class Line(NamedTuple):
    """A text, and what is personal in it."""

    text: str
    marks: list[tuple[str, int, int]]


class Number(NamedTuple):
    """A phone number as people write it abroad and at home."""

    country: str
    international: str
    national: str


def world() -> list[Number]:
    """The numbers of world.tsv."""
    content = Path(__file__).with_name("world.tsv").read_text(encoding="utf-8")
    lines = (line for line in content.splitlines() if not line.startswith("#"))
    return [Number(*line.split("\t")) for line in lines]


def marked_lines() -> list[Line]:
    """The lines of lines.txt, without their marks."""
    return [_unmarked(line) for line in _read("lines.txt")]


def plain_lines() -> list[str]:
    """The lines of plain.txt, in which nothing is personal."""
    return _read("plain.txt")


def _unmarked(line: str) -> Line:
    text, marks, place = "", [], 0
    for mark in _MARK.finditer(line):
        text += line[place : mark.start()]
        marks.append((mark.group(1), len(text), len(text) + len(mark.group(2))))
        text += mark.group(2)
        place = mark.end()
    return Line(text + line[place:], marks)


def _read(name: str) -> list[str]:
    """Lines with \\n and \\t spelled out; a mark may go over the end of a line."""
    content = Path(__file__).with_name(name).read_text(encoding="utf-8")
    lines = re.findall(r"^(?!#)(?:[^\n⟦]|⟦[^⟧]*⟧)+$", content, re.MULTILINE)
    return [line.replace("\\n", "\n").replace("\\t", "\t") for line in lines]
