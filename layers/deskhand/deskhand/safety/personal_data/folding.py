"""Text in one plain spelling of its digits, dashes, spaces and at signs, for patterns to match."""

import re
import unicodedata
from dataclasses import dataclass

from deskhand.normal_form import INVISIBLE, LOOSE, normalise_text

# A character with the marks on it, and what is not seen around it.
_GROUP = re.compile(rf"[\s\S](?:{LOOSE.pattern}|{INVISIBLE.pattern})*+")


class _Spelling(dict[int, str]):
    """A replacement for each character, determined at its first occurrence."""

    def __missing__(self, point: int) -> str:
        self[point] = _plain(chr(point))
        return self[point]


_SPELLING = _Spelling()


@dataclass(frozen=True, slots=True)
class Folded:
    """Plain text, and where each of its characters begins and ends in the original."""

    text: str
    starts: list[int] | None  # None: at the same place
    ends: list[int] | None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The same range in the original, including invisible characters inside it."""
        if self.starts is None or self.ends is None:
            return start, end
        return self.starts[start], self.ends[end - 1]


def fold(text: str) -> Folded:
    """The text in its normal form, with digits, dashes and spaces unified; its case stays."""
    if text.isascii():
        return Folded(text, None, None)
    plain = text.translate(_SPELLING)
    if unicodedata.is_normalized("NFKC", plain) and not (
        INVISIBLE.search(plain) or LOOSE.search(plain)
    ):
        return Folded(plain, None, None)
    pieces, starts, ends = list[str](), list[int](), list[int]()
    for group in _GROUP.finditer(plain):
        piece = group.group()
        if not piece.isascii():
            piece = normalise_text(piece)
        pieces.append(piece)
        starts += [group.start()] * len(piece)
        ends += [group.end()] * len(piece)
    return Folded("".join(pieces), starts, ends)


def _plain(character: str) -> str:
    digit = unicodedata.decimal(character, None)
    if digit is not None:
        return str(digit)
    match unicodedata.category(character):
        case "Zs":
            return " "
        case "Pd":
            return "-"
    if character in "\u2212\u00ad":  # the minus sign is no dash to Unicode
        return "-" if character == "\u2212" else character
    if character == "\u3002":  # an ideographic full stop separates domains too
        return "."
    wide = unicodedata.normalize("NFKC", character)
    return wide if len(wide) == 1 else character
