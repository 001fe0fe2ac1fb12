"""How people write phone numbers: by prefix, and by the grouping of their country."""

import re
from itertools import pairwise
from typing import NamedTuple

# How national numbers without a leading 0 are grouped, and the first digits they begin with.
_SHAPES = {
    (3, 3, 4): "23456789",  # North America, Mexico, Greece
    (1, 3, 3, 4): "1",
    (3, 3, 3): "23456789",  # Portugal, Poland, Czechia, Spain
    (3, 2, 2, 2): "23456789",  # Spain
    (2, 3, 2, 2): "123456789",  # Poland
    (3, 3, 2, 2): "23456789",  # Turkey, Russia
    (1, 3, 3, 2, 2): "78",
    (2, 4, 4): "123456789",  # Mexico, Brazil
    (2, 5, 4): "123456789",  # Brazil
    (2, 3, 4): "23456789",  # Portugal
    (3, 4, 4): "1",  # China
    (5, 5): "6789",  # India
    (4, 3, 3): "1",  # Australia's 1300 and 1800
    (2, 2, 2, 2): "23456789",  # Denmark, Norway
    (3, 2, 3): "23456789",  # Norway, Sweden
    (4, 4): "235689",  # Singapore, Hong Kong, Central America
}
# Without any separator: with a 0 in front, or as mobile numbers of China and Russia.
_BARE = re.compile(r"0[1-9]\d{7,9}|01[5-7]\d{9}|1[3-9]\d{9}|[78]9\d{9}")
# The fewest digits of a number that begins with 0.
_FEWEST_DIALLED = 8
_YEAR = re.compile(r"(?:19|20)\d\d")


class Window(NamedTuple):
    """Neighbouring groups of digits, the gaps between them, and those to the groups outside."""

    digits: str
    lengths: tuple[int, ...]
    gaps: tuple[str, ...]
    outside: tuple[str, str]  # empty where no group is near
    start: int
    end: int

    @property
    def bare(self) -> bool:
        """One group, nothing in between."""
        return len(self.lengths) == 1

    @property
    def cut_out(self) -> bool:
        """Whether the groups continue outside with the same gaps as inside."""
        return any(gap in self.gaps for gap in self.outside)


def may_be_dialled(first_digit: str, lengths: tuple[int, ...]) -> bool:
    """False when neither `by_prefix` nor `by_shape` accepts groups of these lengths that nothing
    announces."""
    if first_digit == "0":
        return sum(lengths) >= _FEWEST_DIALLED
    return len(lengths) == 1 or first_digit in _SHAPES.get(lengths, "")


def by_prefix(window: Window) -> bool:
    """True with 0 or 00 in front, as numbers are dialled, or the prefix of mobile phones."""
    digits, count = window.digits, len(window.digits)
    if not window.bare and window.lengths[0] == 1 and window.gaps[0] != " ":
        return False  # 0.12345678
    if digits.startswith(("00", "011")) and digits[2] != "0" and count > 10:
        return count >= 13 or not window.bare  # bare and 12 long: an AWS account
    if window.bare:
        return _BARE.fullmatch(digits) is not None
    if digits[0] != "0" or digits[1] == "0" or max(window.lengths) == 1:
        return False
    return 9 <= count <= 12 or (count == 8 and not window.cut_out)


def by_shape(window: Window, bracketed: bool) -> bool:
    """True for a grouping in which some country writes its numbers."""
    if bracketed:
        return not window.bare and ")" in window.gaps[0] and 8 <= len(window.digits) <= 12
    if window.digits[0] not in _SHAPES.get(window.lengths, "") or window.cut_out:
        return False
    groups = _groups(window)
    if len(set(groups)) == 1:  # 255 255 255 is a colour
        return False
    kinds = {gap.strip("()") or " " for gap in window.gaps}
    if len(window.digits) == 8:
        return kinds == {" "} and not _measures(groups)
    # Three by three with points is how large amounts are written.
    return kinds <= {" ", "-"} or (kinds == {"."} and window.lengths != (3, 3, 3))


def two_numbers(window: Window) -> bool:
    """True when a slash and a 0 begin another number."""
    if not any("/" in gap for gap in window.gaps):
        return False
    groups = _groups(window)[1:]
    return any(
        "/" in gap and group[0] == "0" for gap, group in zip(window.gaps, groups, strict=True)
    )


def _groups(window: Window) -> list[str]:
    places = [sum(window.lengths[:number]) for number in range(len(window.lengths) + 1)]
    return [window.digits[a:b] for a, b in pairwise(places)]


def _measures(groups: list[str]) -> bool:
    """Years, or the width and height of a screen."""
    return all(_YEAR.fullmatch(group) for group in groups) or all(g.endswith("0") for g in groups)
