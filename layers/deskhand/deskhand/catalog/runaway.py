"""Tells whether a regular expression can take more than linear time on a text made for it.

It reads the tree of Python's own parser and errs on the side of a warning. Characters are compared
by samples: the printable ones, some of other scripts, and those that the expression names.
"""

import re
import string
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from re import _constants as codes  # type: ignore[attr-defined, unused-ignore]
from re import _parser as parser  # type: ignore[attr-defined, unused-ignore]
from typing import Any

_SAMPLES = frozenset(string.printable + "\u00e9\u00df\u0416\u65e5\u0967\u200b")
_NONE = frozenset[str]()
_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)
# A repetition of at most so many is as good as none.
_FEW = 20
_CATEGORIES = {
    codes.CATEGORY_DIGIT: r"\d", codes.CATEGORY_NOT_DIGIT: r"\D",
    codes.CATEGORY_SPACE: r"\s", codes.CATEGORY_NOT_SPACE: r"\S",
    codes.CATEGORY_WORD: r"\w", codes.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip


@dataclass(frozen=True)
class _Part:
    """What matches in a row: which characters, and how often. A place matches no character."""

    characters: frozenset[str]
    least: int
    most: int
    starts: frozenset[str]
    ends: frozenset[str]
    final: bool = False  # gives nothing back
    place: bool = False


def runs_away(pattern: str) -> str:
    """Why the pattern can run away; empty when it cannot."""
    tree = parser.parse(pattern)
    if any(_is_ambiguous_loop(body) for body in _loops(list(tree))):
        return "repeats something that may match the same text in several ways"
    parts = list(_parts(list(tree)))
    if _is_ambiguous(parts):
        return "has two repetitions in a row that may match the same text"
    if _is_restarted(parts):
        return r"begins anew at each character of a long run: put \b or ^ before it"
    return ""


def _loops(items: list[Any]) -> Iterator[list[Any]]:
    """The bodies of all repetitions that are long and may give something back."""
    for code, argument in items:
        for body in _bodies(code, argument):
            if code in _REPEATS[:2] and argument[1] > _FEW:
                yield body
            yield from _loops(body)


def _bodies(code: Any, argument: Any) -> list[list[Any]]:
    if code in _REPEATS:
        return [list(argument[2])]
    if code is codes.SUBPATTERN:
        return [list(argument[3])]
    if code is codes.BRANCH:
        return [list(branch) for branch in argument[1]]
    if code in (codes.ASSERT, codes.ASSERT_NOT):
        return [list(argument[1])]
    return [list(argument)] if code is codes.ATOMIC_GROUP else []


def _is_ambiguous_loop(body: list[Any]) -> bool:
    """Whether a part of one round may take over what belongs to the next round."""
    parts = list(_parts(body))
    if not any(part.least for part in parts):
        return len(parts) > 1 or any(part.most > _FEW for part in parts)
    twice = [*parts, *parts]
    rounds = ((n, n + m) for n in range(len(parts)) for m in range(1, len(parts) + 1))
    return any(_compete(twice, first, second, least=1) for first, second in rounds)


def _is_ambiguous(parts: Sequence[_Part]) -> bool:
    pairs = ((a, b) for b in range(len(parts)) for a in range(b))
    return any(_compete(parts, a, b, least=_FEW) for a, b in pairs if _may_fail(parts[b + 1 :]))


def _compete(parts: Sequence[_Part], first: int, second: int, *, least: int) -> bool:
    """Whether text can be divided in several ways between two repetitions."""
    one, other = parts[first], parts[second]
    if one.final or any(each.most - each.least < least for each in (one, other)):
        return False
    shared = one.ends & other.starts
    between = (each for each in parts[first + 1 : second] if not each.place)
    return bool(shared) and all(not each.least or each.characters & shared for each in between)


def _is_restarted(parts: Sequence[_Part]) -> bool:
    """Whether a long repetition, that may fail after it, contains what stands before it."""
    for number, part in enumerate(parts):
        before = parts[:number]
        if part.most > _FEW and _may_fail(parts[number + 1 :]):
            anchored = any(each.place for each in before)
            inside = all(not each.least or each.characters & part.characters for each in before)
            if inside and not anchored:
                return True
    return False


def _may_fail(rest: Sequence[_Part]) -> bool:
    return any(each.least or each.place for each in rest)


def _parts(items: list[Any]) -> Iterator[_Part]:
    for code, argument in items:
        if code is codes.SUBPATTERN:
            yield from _parts(list(argument[3]))
        elif code in _REPEATS or code in (codes.BRANCH, codes.ATOMIC_GROUP):
            yield _joined(code, argument)
        elif code in (codes.AT, codes.ASSERT, codes.ASSERT_NOT):
            yield _Part(_NONE, 0, 0, _NONE, _NONE, place=True)
        else:
            back = code is codes.GROUPREF
            characters = _SAMPLES if back else _characters(code, argument)
            yield _Part(characters, 0 if back else 1, 1, characters, characters)


def _joined(code: Any, argument: Any) -> _Part:
    """A repetition, alternatives or a closed group as one part."""
    inside = [list(_parts(body)) for body in _bodies(code, argument)]
    least = min(sum(each.least for each in body) for body in inside)
    most = max(sum(each.most for each in body) for body in inside)
    if code in _REPEATS:
        least, most = least * int(argument[0]), most * int(argument[1])
    return _Part(
        _NONE.union(*(each.characters for body in inside for each in body)),
        least,
        most,
        _NONE.union(*(each.starts for body in inside for each in _upto_needed(body))),
        _NONE.union(*(each.ends for body in inside for each in _upto_needed(body[::-1]))),
        final=code in (codes.POSSESSIVE_REPEAT, codes.ATOMIC_GROUP),
    )


def _upto_needed(parts: Sequence[_Part]) -> Iterator[_Part]:
    """The parts up to the first that matches at least a character."""
    for part in parts:
        yield part
        if part.least:
            return


def _characters(code: Any, argument: Any) -> frozenset[str]:
    if code is codes.LITERAL:
        return frozenset({chr(argument), chr(argument).lower(), chr(argument).upper()})
    if code is codes.NOT_LITERAL:
        return _SAMPLES - {chr(argument)}
    if code is not codes.IN:
        return _SAMPLES - {"\n"}
    named = [each for each in argument if each[0] is not codes.NEGATE]
    found = frozenset(c for c in _SAMPLES if any(_is_in(c, *each) for each in named))
    found |= {chr(value) for kind, value in named if kind is codes.LITERAL}
    return found if len(named) == len(argument) else _SAMPLES - found


def _is_in(character: str, code: Any, argument: Any) -> bool:
    if code is codes.LITERAL:
        return ord(character) == int(argument)
    if code is codes.RANGE:
        return bool(argument[0] <= ord(character) <= argument[1])
    return re.match(_CATEGORIES[argument], character) is not None
