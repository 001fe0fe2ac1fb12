"""Texts that make a pattern work hardest, generated from the pattern itself.

Whatever a pattern repeats is repeated, behind what has to stand before it, and ended so that the
match fails at the last moment: then a pattern that backtracks tries every way to divide the text.
"""

import re
from collections.abc import Callable, Iterator
from re import _constants as codes
from re import _parser as parser
from types import ModuleType
from typing import Any, NamedTuple

# What a character class is tried with: the characters that patterns share, so that neighbours
# which may match the same text are made to compete for it.
_PROBES = " \n\ta_1A-.,:;=/#*@<>()[]{}|`'\"+é\u200b"
_ENDS = ("", "!", "\n", "aa")


class Attack(NamedTuple):
    """A text of any size: `before`, then `piece` again and again, then `after`."""

    before: str
    piece: str
    after: str

    def text(self, size: int) -> str:
        """About that many characters."""
        return self.before + self.piece * max(1, size // len(self.piece)) + self.after


def patterns_of(module: ModuleType) -> dict[str, re.Pattern[str]]:
    """The compiled patterns that a module keeps, by their names."""
    found: dict[str, re.Pattern[str]] = {}
    for name, value in vars(module).items():
        for number, pattern in enumerate(_patterns(value)):
            found[f"{name}[{number}]" if number else name] = pattern
    return found


def _patterns(value: object) -> Iterator[re.Pattern[str]]:
    match value:
        case re.Pattern():
            yield value
        case dict():
            yield from _patterns(list(value.values()))
        case list() | tuple():
            for each in value:
                yield from _patterns(each)


def attacks_on(pattern: re.Pattern[str]) -> list[Attack]:
    """Every repetition of the pattern as a text, with every probe that fits into it."""
    tree = parser.parse(pattern.pattern, pattern.flags)
    made: dict[Attack, None] = {}
    for before, body in _repeated(list(tree), ""):
        pieces = {_example(body, probe) for probe in _PROBES} - {""}
        for piece in sorted(pieces):
            for end in _ENDS:
                made[Attack(before, piece, end)] = None
            made[Attack("", before + piece, "!")] = None
    whole = {_example(list(tree), probe) for probe in "a \n"} - {""}
    for example in sorted(whole):
        made[Attack("", example, "")] = None
        made[Attack("", example[:-1] or example, "")] = None
    return list(made)


def _repeated(items: list[Any], before: str) -> Iterator[tuple[str, list[Any]]]:
    """What is repeated anywhere in the pattern, with the shortest text that leads to it."""
    for code, argument in items:
        for inner in _inside(code, argument):
            if code in _REPEATS and argument[1] > 1:
                yield before, inner
            yield from _repeated(inner, before)
        before += _shortest(code, argument, "a")


_REPEATS = (codes.MAX_REPEAT, codes.MIN_REPEAT, codes.POSSESSIVE_REPEAT)


def _inside(code: Any, argument: Any) -> list[list[Any]]:
    """The parts that an element is made of."""
    if code in _REPEATS:
        return [list(argument[2])]
    if code is codes.SUBPATTERN:
        return [list(argument[3])]
    if code is codes.BRANCH:
        return [list(branch) for branch in argument[1]]
    if code in (codes.ASSERT, codes.ASSERT_NOT):
        return [list(argument[1])]
    return [list(argument)] if code is codes.ATOMIC_GROUP else []


def _example(items: list[Any], probe: str) -> str:
    """A short text that the elements match, made of the probe wherever it fits."""
    return "".join(_shortest(code, argument, probe) for code, argument in items)


def _shortest(code: Any, argument: Any, probe: str) -> str:
    if code is codes.LITERAL:
        return chr(int(argument))
    if code in (codes.IN, codes.ANY, codes.NOT_LITERAL):
        return _member(code, argument, probe)
    if code in _REPEATS:
        least, most, inner = argument
        return _example(list(inner), probe) * max(int(least), 1 if most > 1 else 0)
    if code is codes.BRANCH:
        return _example(list(argument[1][0]), probe)
    if code in (codes.SUBPATTERN, codes.ATOMIC_GROUP):
        return _example(_inside(code, argument)[0], probe)
    return ""  # places, looks around and references


_MEMBERS: dict[tuple[str, str], str] = {}


def _member(code: Any, argument: Any, probe: str) -> str:
    """A character of the class: the probe where it is one."""
    key = (repr(argument), probe)
    if key not in _MEMBERS:
        fits = _fitting(code, argument)
        named = _listed(argument) if code is codes.IN else ()
        candidates = (probe, *"a1 -", *_PROBES, *named)
        _MEMBERS[key] = next(each for each in candidates if fits(each))
    return _MEMBERS[key]


def _listed(argument: Any) -> Iterator[str]:
    """The characters that a class names, of each range the first."""
    for code, named in argument:
        if code in (codes.LITERAL, codes.RANGE):
            yield chr(named if code is codes.LITERAL else named[0])


def _fitting(code: Any, argument: Any) -> Callable[[str], bool]:
    if code is codes.ANY:
        return lambda character: character != "\n"
    if code is codes.NOT_LITERAL:
        return lambda character: ord(character) != argument
    items = [each for each in argument if each[0] is not codes.NEGATE]
    negated = len(items) < len(argument)
    return lambda character: negated != any(_is_in(character, *each) for each in items)


def _is_in(character: str, code: Any, argument: Any) -> bool:
    if code is codes.LITERAL:
        return ord(character) == int(argument)
    if code is codes.RANGE:
        return bool(argument[0] <= ord(character) <= argument[1])
    return re.match(_CATEGORIES[argument], character) is not None


_CATEGORIES = {
    codes.CATEGORY_DIGIT: r"\d",
    codes.CATEGORY_NOT_DIGIT: r"\D",
    codes.CATEGORY_SPACE: r"\s",
    codes.CATEGORY_NOT_SPACE: r"\S",
    codes.CATEGORY_WORD: r"\w",
    codes.CATEGORY_NOT_WORD: r"\W",
}
