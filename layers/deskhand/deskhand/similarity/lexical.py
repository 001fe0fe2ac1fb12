"""Lexical similarity: tf-idf over the catalog's phrases, and the phrases that a text contains."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from deskhand.normal_form import normalise_text
from deskhand.safety.personal_data.folding import fold

# Thai to Burmese, Khmer, Chinese and Japanese are written without spaces between words.
UNSPACED = r"\u0e00-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
# In the scripts of India and Sri Lanka vowels are marks, which `\w` does not match.
_MARKED = r"\u0900-\u0963\u0966-\u0dff"
_WORD = re.compile(rf"[{UNSPACED}]+|(?:[^\W_{UNSPACED}]+|[{_MARKED}]+)+")
_IS_UNSPACED = re.compile(f"[{UNSPACED}]")
_SUFFIXES = ("ations", "ation", "ments", "ment", "ing", "ies", "ied", "es", "ed", "ly", "s", "e")
# Words too frequent to distinguish one request from another.
_STOP = frozenset(
    _WORD.findall(
        "a about after again all also am an and any are as at be because been before but by can"
        " could did do does doing don for from get getting got had has have he hello help her hi"
        " his how i if in into is issue it its just like me my need no not now of on or our out"
        " please she since so some still t thank thanks that the their them then there these they"
        " this to too try trying up us use using very want was we were what when where which while"
        " who why will with would you your"
    )
)


def terms(text: str) -> list[str]:
    """The text's content words as stems, in order.

    In a script without spaces between words, each run of three characters is a term.
    """
    found = (word for word in _WORD.findall(normalise_text(text).casefold()) if word not in _STOP)
    return [term for word in found for term in _parts(word)]


def passage(text: str, phrase: Sequence[str]) -> str | None:
    """The words of the text that match the phrase's terms side by side; None without a match."""
    folded = fold(text)
    found = [
        (term, *folded.original(*word.span()))
        for word in _WORD.finditer(folded.text)
        for term in terms(word.group())
    ]
    width = len(phrase)
    for first in range(len(found) - width + 1 if width else 0):
        if [term for term, _, _ in found[first : first + width]] == list(phrase):
            return text[found[first][1] : found[first + width - 1][2]]
    return None


def _parts(word: str) -> list[str]:
    if not _IS_UNSPACED.match(word):
        return [_stem(word)]
    return [word[start : start + 3] for start in range(max(1, len(word) - 2))]


def _stem(word: str) -> str:
    for suffix in _SUFFIXES:
        if word.endswith(suffix) and len(word) - len(suffix) >= 3:
            word = word.removesuffix(suffix)
            break
    if len(word) > 4 and word[-1] == word[-2]:
        word = word[:-1]
    return word[:-1] + "i" if word.endswith("y") and len(word) > 3 else word


class LexicalIndex:
    """Documents of several phrases each, compared with a text by tf-idf cosine."""

    def __init__(self, documents: Sequence[Iterable[str]]) -> None:
        bags = [Counter(terms(" ".join(phrases))) for phrases in documents]
        frequency = Counter(term for bag in bags for term in bag)
        self._size = len(bags)
        self.mean_terms = sum(bag.total() for bag in bags) / max(self._size, 1)
        self._rarity = {t: math.log(1 + self._size / n) for t, n in frequency.items()}
        self._postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
        for number, bag in enumerate(bags):
            for term, weight in _unit(bag, self._rarity).items():
                self._postings[term].append((number, weight))

    def scores(self, text: str) -> list[float]:
        """The cosine of the text with each document, 0 to 1."""
        scores = [0.0] * self._size
        # Words that occur in no document still count in the text's length: they show that it is
        # about something else.
        rarity = defaultdict(lambda: math.log(1 + self._size), self._rarity)
        for term, weight in _unit(Counter(terms(text)), rarity).items():
            for number, its_weight in self._postings.get(term, ()):
                scores[number] += weight * its_weight
        return scores


def _unit(bag: Counter[str], rarity: dict[str, float]) -> dict[str, float]:
    weights = {term: (1 + math.log(count)) * rarity[term] for term, count in bag.items()}
    length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
    return {term: weight / length for term, weight in weights.items()}


class PhraseIndex:
    """Phrases by their first term, so that a text is compared only with those it may contain."""

    def __init__(self, phrases: Mapping[int, Sequence[str]]) -> None:
        """`phrases` are the terms of each phrase by its number; one without terms is in no text."""
        self._by_first: dict[str, list[tuple[int, list[str]]]] = defaultdict(list)
        for number, phrase in phrases.items():
            if phrase:
                self._by_first[phrase[0]].append((number, list(phrase)))

    def said_in(self, text: Sequence[str]) -> frozenset[int]:
        """The numbers of the phrases whose terms the text's terms contain side by side."""
        words = list(text)
        return frozenset(
            number
            for start, word in enumerate(words)
            for number, phrase in self._by_first.get(word, ())
            if words[start : start + len(phrase)] == phrase
        )
