"""What a text says, and what it denies: negation with its scope, in all languages of the rules.

A word denies what comes after it in the same clause, up to a contrast ("but"), to a new subject, or
to the end of the scope. Quoted mail and signatures are not what the requester says.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import lru_cache

from deskhand.safety.personal_data.folding import Folded, fold
from deskhand.triage.grammar import (
    AFTER,
    ALLOWS,
    BEFORE_UNSPACED,
    BEHIND_UNSPACED,
    CALM,
    DENIES,
    LAST,
    TROUBLE,
    clauses_of,
)

# How many words a denial reaches, and how near one must follow what it denies.
_SCOPE, _NEAR = 8, 2
# The same with the marks between them.
_FARTHEST = 24
_QUOTED = re.compile(r"^[^\S\n]*>[^\n]*$|^-- ?\n.*\Z", re.MULTILINE | re.DOTALL)
_TOKEN = re.compile(r"[^\W_]+(?:['\u2019][^\W_]+)*|[.,;:!?\u2026()\u3002\uff01\uff1f\n]")
# A shorter line was ended by its writer, not by a mail program.
_LINE = 60
_ENDS = frozenset(".;:!?\u2026\u3002\uff01\uff1f")
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7a3]")
_AROUND = 12


def own_words(text: str) -> Folded:
    """The text in its plain form, with blanks in place of quoted mail and signatures."""
    folded = fold(text)
    plain = _QUOTED.sub(lambda quoted: " " * len(quoted.group()), folded.text)
    return Folded(plain, folded.starts, folded.ends)


def phrases_of(phrases: Iterable[str]) -> re.Pattern[str]:
    """Any of the phrases as whole words, in any case; a space stands for a few of any kind."""
    longest = sorted(phrases, key=lambda phrase: (-len(phrase), phrase))
    spaced = "|".join(_pattern(each) for each in longest if not _UNSPACED.match(each))
    unspaced = "|".join(_pattern(each) for each in longest if _UNSPACED.match(each))
    # What stands before the word is looked at once for all of them, or each would be tried at each
    # character. oracle.jdbc is not oracle: the name goes on after the dot.
    whole = rf"(?<![\w.])(?:{spaced})(?!\w|\.\w)" if spaced else ""
    return re.compile("|".join(filter(None, (whole, unspaced))) or r"(?!)", re.IGNORECASE)


def _pattern(phrase: str) -> str:
    return re.escape(phrase).replace(r"\ ", r"\s{1,4}").replace("'", "['\u2019]")


class Said:
    """A text whose phrases are asked for; its words are read once."""

    def __init__(self, plain: str) -> None:
        self._plain = plain
        tokens = list(_tokens(plain))
        self._words = [word for word, _ in tokens]
        self._starts = [start for _, start in tokens]
        self._clauses = clauses_of(self._words)
        self._allowed = {
            place for start, end in ALLOWS.places(self._words) for place in range(start, end)
        }
        self._after = dict(AFTER.places(self._words))
        self._calm = [start for start, _ in CALM.places(self._words)]
        self._ends = [place for place, word in enumerate(self._words) if word in _ENDS]
        self._trouble = [start for start, _ in TROUBLE.places(self._words)]

    def assertions(self, pattern: re.Pattern[str]) -> Iterator[re.Match[str]]:
        """The matches that the text does not deny, and that are not over."""
        return (each for each in pattern.finditer(self._plain) if not self.denies(*each.span()))

    def denies(self, start: int, end: int) -> bool:
        """Whether the text denies what stands there, or says later in the sentence that all is
        well again."""
        if _UNSPACED.match(self._plain, start):
            return self._denies_unspaced(start, end)
        first, last = bisect_left(self._starts, start), bisect_left(self._starts, end)
        return self._denied_before(first) or self._denied_after(last) or self._is_over(last)

    def _denied_before(self, first: int) -> bool:
        words = 0
        for place in range(first - 1, max(first - 1 - _FARTHEST, -1), -1):
            word = self._words[place]
            if word in _ENDS or word in self._clauses.contrasts or words == _SCOPE:
                return False
            if word == ",":
                if self._is_aside(place):
                    return True
                if not self._is_listed(place):
                    return False
            if word in DENIES and place not in self._allowed:
                return True
            if word in self._clauses.subjects and self._begins_clause(place):
                return False
            words += word.isalnum()
        return False

    def _is_aside(self, comma: int) -> bool:
        """Whether the comma ends an aside behind a denial: "not, as far as I know, clicked"."""
        earlier = range(comma - 2, max(comma - _SCOPE, 0), -1)
        opening = next((n for n in earlier if self._words[n] == ","), 0)
        return self._words[opening - 1] in DENIES if opening else False

    def _is_listed(self, comma: int) -> bool:
        return not self._clauses.either.isdisjoint(self._words[comma + 1 : comma + 5])

    def _begins_clause(self, place: int) -> bool:
        before = self._words[place - 1] if place else "."
        return before in self._clauses.joins or before in ",("

    def _denied_after(self, last: int) -> bool:
        if any(place in self._after for place in range(last, last + _NEAR)):
            return True
        following = self._words[last : last + 2]
        return (
            following[:1] != []
            and following[0] in LAST
            and (len(following) < 2 or following[1] in _ENDS or following[1] == ",")
        )

    def _is_over(self, last: int) -> bool:
        calm, end = _next(self._calm, last), _next(self._ends, last)
        if calm is None or (end is not None and end < calm):
            return False
        trouble = _next(self._trouble, last)
        return trouble is None or trouble >= calm

    def _denies_unspaced(self, start: int, end: int) -> bool:
        before = self._plain[max(0, start - _AROUND) : start]
        behind = self._plain[end : end + _AROUND]
        return bool(BEFORE_UNSPACED.search(before) or BEHIND_UNSPACED.match(behind))


def _next(places: list[int], start: int) -> int | None:
    """The first of the places, which are in order, from `start` on."""
    at = bisect_left(places, start)
    return places[at] if at < len(places) else None


def _tokens(plain: str) -> Iterator[tuple[str, int]]:
    """Words, marks, and `.` for the end of a line that was ended by its writer."""
    line = 0
    for found in _TOKEN.finditer(plain):
        word = found.group()
        if word != "\n":
            yield word.casefold().replace("\u2019", "'"), found.start()
            continue
        if found.start() - line < _LINE:
            yield ".", found.start()
        line = found.end()


@lru_cache(maxsize=4)
def words_said(plain: str) -> Said:
    """The text, read once for priority and entities."""
    return Said(plain)
