"""Phone numbers in text, by how they are written; no numbering plan is consulted."""

import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from deskhand.safety.personal_data.context import NumberKind, kind_before
from deskhand.safety.personal_data.dialling import (
    Window,
    by_prefix,
    by_shape,
    may_be_dialled,
    two_numbers,
)

# Begins with its first digit: a pattern that begins with one class of characters is searched fast.
_RUN = re.compile(r"\d(?<![0-9A-Za-z_]\d)(?:[ .\-/·()]{0,3}\d){4,}")
_GROUP = re.compile(r"\d+")
_EXTENSION = re.compile(r" ?(?:ext|extension|x|durchwahl|poste|int)\.? ?\d{1,5}\b", re.IGNORECASE)
_MOST_GROUPS = 8
_ANNOUNCING = (NumberKind.PHONE, NumberKind.REACH)
# As long as this, a number after "call me at" is a phone number.
_LONG_ENOUGH = 7
_DATE = re.compile(
    r"(?:(?<![\d./-])[0-3]?\d([./-]) ?[0-3]?\d\1 ?(?:19|20)?\d\d"
    r"|(?:19|20)\d\d([./ -])(?:0[1-9]|1[0-2])\2\d\d)(?![./-]?\d)"
)
# Characters before a number that make it a part of something, unless they follow a label.
_PARTS = tuple("-_./,:=#&@$€£%'\"\\")
_LABEL = re.compile(r"[^\W\d_][.]? ?:$|\d ?/ ?$")
_MORE = re.compile(
    r"[.,:/-]\d|[_=@\\]| ?(?:[kmgt]?i?b|bytes?|eur|usd|gbp|chf|ms|rows?)\b| ?[€$£%]", re.I
)
_WORD_GOES_ON = re.compile(r"[0-9A-Za-z]")
_BYTE_BEFORE = re.compile(r"\b[0-9a-fA-F]{2} $")
_BYTE_AFTER = re.compile(r" [0-9a-fA-F]{2}\b")


class _Run(NamedTuple):
    """Neighbouring groups of digits, and the kind that the words before them suggest."""

    text: str
    groups: list[tuple[int, int]]
    said: NumberKind


def find_phones(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each phone number in a folded text."""
    for match in _RUN.finditer(text):
        groups = [group.span() for group in _GROUP.finditer(text, *match.span())]
        said = kind_before(text, _opened(text, match.start()))
        run = _Run(text, groups, NumberKind.NOTHING if _DATE.match(text, match.start()) else said)
        first = 0
        while first < len(groups):
            window = _longest(run, first)
            if window is not None:
                extension = _EXTENSION.match(text, window.end)
                yield _outer(text, window), extension.end() if extension else window.end
            first += len(window.lengths) if window else 1


def _longest(run: _Run, first: int) -> Window | None:
    """The longest phone number that begins with that group."""
    lengths = tuple(end - start for start, end in run.groups[first : first + _MOST_GROUPS])
    begin = run.groups[first][0]
    opening = run.text[_opened(run.text, begin) : begin]
    announced = opening.strip() != "" or (first == 0 and run.said in _ANNOUNCING)
    # Few windows can be a phone number, and making one costs more than this look at its groups.
    for count in range(len(lengths), 0, -1):
        some = lengths[:count]
        if 5 <= sum(some) <= 17 and (announced or may_be_dialled(run.text[begin], some)):
            window = _window(run, first, first + count)
            if not two_numbers(window) and _is_phone(run, window):
                return window
    return None


def _window(run: _Run, first: int, last: int) -> Window:
    text, groups = run.text, run.groups[first:last]
    outside = (run.groups[max(0, first - 1) : first + 1], run.groups[last - 1 : last + 1])
    before, after = ("".join(text[a[1] : b[0]] for a, b in pairwise(pair)) for pair in outside)
    return Window(
        digits="".join(text[a:b] for a, b in groups),
        lengths=tuple(b - a for a, b in groups),
        gaps=tuple(text[a[1] : b[0]] for a, b in pairwise(groups)),
        outside=(before, after),
        start=groups[0][0],
        end=groups[-1][1],
    )


def _is_phone(run: _Run, window: Window) -> bool:
    text, count = run.text, len(window.digits)
    opening = text[_opened(text, window.start) : window.start]
    if _WORD_GOES_ON.match(text, window.end):
        return False
    if "+" in opening:
        return 7 <= count <= 16 and window.digits[0] != "0" and not _sum(text, window)
    if not window.outside[0] and _is_called(run, window):
        return True
    counted = run.said is NumberKind.COUNT
    dialled = by_prefix(window) and (not counted or window.outside[0] != "")
    return (dialled or (not counted and by_shape(window, "(" in opening))) and _alone(text, window)


def _is_called(run: _Run, window: Window) -> bool:
    """Whether the words before it say that it is a phone number."""
    if len(window.digits) > 15 or run.text[window.start - 1 : window.start] == "/":
        return False
    reach = run.said is NumberKind.REACH and len(window.digits) >= _LONG_ENOUGH
    return reach or run.said is NumberKind.PHONE


def _alone(text: str, window: Window) -> bool:
    """Whether nothing around the number shows that it is a part or a count of something."""
    start = _opened(text, window.start)
    before = text[max(0, start - 3) : start]
    if before.endswith(_PARTS) and not _LABEL.search(before):
        return False
    if _MORE.match(text, window.end) and not text.startswith("/0", window.end):
        return False
    return not _bytes(text, window) and not _DATE.search(text, window.start, window.end)


def _bytes(text: str, window: Window) -> bool:
    """Whether these are pairs of digits among other pairs, as programs print bytes."""
    if max(window.lengths) > 2 or window.digits.startswith("00"):
        return False
    before, after = text[max(0, window.start - 4) : window.start], text[window.end : window.end + 4]
    return bool(_BYTE_BEFORE.search(before) or _BYTE_AFTER.match(after)) or len(window.lengths) > 5


def _sum(text: str, window: Window) -> bool:
    """Whether the plus stands between two words or numbers, as in a sum."""
    start = _opened(text, window.start)
    return start > 0 and (text[start - 1].isalnum() or text[start - 1] == "+")


def _opened(text: str, start: int) -> int:
    """Where the plus and the bracket before the first digit begin."""
    opened = start
    while opened > 0 and start - opened < 3 and text[opened - 1] in "(+ ":
        opened -= 1
    return opened + len(text[opened:start]) - len(text[opened:start].lstrip(" "))


def _outer(text: str, window: Window) -> int:
    """Where the number begins, with a plus; with a bracket only when it is closed inside."""
    start = _opened(text, window.start)
    closed = ")" in text[window.start : window.end]
    return start if closed else window.start - len(text[start : window.start].lstrip("( "))
