"""Text in one plain spelling of its digits, dashes, spaces and at signs, for patterns to match."""

import re
import unicodedata
from dataclasses import dataclass

# Characters that are not seen: zero-width ones, soft hyphens, marks of direction, key caps.
INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\u20e3\ufe00-\ufe0f\ufeff"
    "\U000e0000-\U000e007f]"
)


class _Spelling(dict[int, str]):
    """A replacement for each character, determined at its first occurrence."""

    def __missing__(self, point: int) -> str:
        self[point] = _plain(chr(point))
        return self[point]


_SPELLING = _Spelling()


@dataclass(frozen=True, slots=True)
class Folded:
    """Plain text, and where each of its characters stands in the original."""

    text: str
    places: list[int] | None  # None: at the same place

    def original(self, start: int, end: int) -> tuple[int, int]:
        """The same range in the original, including invisible characters inside it."""
        if self.places is None:
            return start, end
        return self.places[start], self.places[end - 1] + 1


def fold(text: str) -> Folded:
    """The text with lookalikes unified and invisible characters removed."""
    if text.isascii():
        return Folded(text, None)
    plain = text.translate(_SPELLING)
    if not INVISIBLE.search(plain):
        return Folded(plain, None)
    places = [i for i, character in enumerate(plain) if not INVISIBLE.match(character)]
    return Folded("".join(plain[i] for i in places), places)


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
