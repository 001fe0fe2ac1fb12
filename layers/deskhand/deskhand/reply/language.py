"""The language of a text, and what the rules of replies know of it."""

import json
import re
from functools import cache, cached_property
from pathlib import Path

from deskhand.normal_form import normal_form, normalise_text

NAMES = ("en", "de", "fr", "es", "it", "pt", "nl", "pl")
# From so many common words on a language is certain.
_FEW = 3
_FOLDER = Path(__file__).with_name("languages")
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


class Language:
    """The lists of one file in `languages`; en.toml says what each is for."""

    def __init__(self, name: str) -> None:
        self._lists = json.loads((_FOLDER / f"{name}.json").read_text("utf-8"))
        self.name = name
        self.questions: dict[str, str] = self._lists["questions"]

    @cached_property
    def common(self) -> frozenset[str]:
        """Words by which it is recognised."""
        return self.vague | frozenset(self._lists["common"].split())

    @cached_property
    def vague(self) -> frozenset[str]:
        """Words that name no thing."""
        return frozenset(self._lists["vague"].split())

    def says(self, name: str, text: str) -> bool:
        """Whether a phrase of that list is in the text."""
        return self.pattern(name).search(speech_form(text)) is not None

    def begins(self, name: str, text: str) -> bool:
        """Whether the text begins with a phrase of that list."""
        return self.pattern(name).match(speech_form(text)) is not None

    def elsewhere(self, other: "Language") -> str:
        """The sentence that the articles exist in the other language only."""
        said: dict[str, str] = self._lists["elsewhere"]
        return said["sentence"].format(language=said[other.name])

    def pattern(self, name: str) -> re.Pattern[str]:
        """Any phrase of that list, as whole words of a text in its `speech_form`."""
        return _either(self._lists[name])


@cache
def language(name: str) -> Language:
    """The language of that name; its file is read once."""
    return Language(name)


def language_of(text: str) -> str:
    """The language with most common words in the text; English when there are none."""
    counts = _counts(text)
    return max(counts, key=lambda name: counts[name])


def is_foreign(text: str, ticket: str) -> bool:
    """Whether the text is clearly in another language than the ticket: by at least three common
    words, and twice as many as those of the ticket's language."""
    own, other = language_of(ticket), language_of(text)
    counts = _counts(text)
    certain = _counts(ticket)[own] >= _FEW and counts[other] >= _FEW
    return own != other and certain and counts[other] >= 2 * counts[own]


def _counts(text: str) -> dict[str, int]:
    """How many common words of each language the text has."""
    words = words_of(text)
    return {name: sum(word in language(name).common for word in words) for name in NAMES}


def words_of(text: str) -> list[str]:
    """The words of the text in lower case, in order."""
    return _WORD.findall(normalise_text(text).casefold().replace("\u2019", "'"))


def speech_form(text: str) -> str:
    """The text as the patterns read it: in lower case, with single spaces."""
    return normal_form(text).replace("\u2019", "'")


@cache
def _either(phrases: str) -> re.Pattern[str]:
    parts = {" ".join(each.casefold().split()) for each in phrases.split(",")} - {""}
    longest = sorted(parts, key=lambda part: (-len(part), part))
    # Without a phrase, nothing matches.
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(_phrase, longest)) or '(?!)'})(?!\w)")


def _phrase(phrase: str) -> str:
    """The phrase as a pattern; `-en` is any word that ends so, `l'` goes on without a space."""
    any_word = r"\w{2,30}" if phrase.startswith("-") else ""
    goes_on = r"(?=\w)|" if phrase.endswith("'") else ""
    said = re.escape(phrase.removeprefix("-"))
    return f"{any_word}{said}(?:{goes_on}(?!\\w))" if goes_on else any_word + said
