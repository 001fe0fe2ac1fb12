"""Names of people in a text: known names, and names in addresses and after greetings."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

from deskhand.safety.personal_data.word_lists import phrases_of, words_of

_ROLES = words_of("roles")
_CLOSINGS = phrases_of("closings")
_NAME = r"(?:[^\W\d_][\w'\u2019.-]* ){0,2}[^\W\d_][\w'\u2019-]+"
# Each is a search of its own.
_MOST_NAMES = 50
_SIGNATURE = re.compile(rf"\n\s{{0,6}}({_NAME}) *(?=\r?\n|$|[,;(|<])")
_BRACKET = re.compile(r"<[\w.+'%-]{1,64}@")
_BEFORE_BRACKET = re.compile(rf"(?<!\w)({_NAME})\"? ?$")


def _introductions() -> str:
    """Begins with one class of characters, which is searched fast."""
    said = sorted(phrases_of("introductions"))
    initials = "".join({phrase[0] + phrase[0].upper() for phrase in said})
    rest = "|".join(f"(?<={phrase[0]}){re.escape(phrase[1:])}" for phrase in said)
    return rf"[{initials}](?<!\w.)(?:{rest}) ({_NAME})"


_SAID = re.compile(_introductions(), re.IGNORECASE)


def find_names(text: str, told: Sequence[str], emails: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Start and end of each name in a folded text: the names in `told`, and those the text
    reveals."""
    given = (_SAID.finditer(text), _signatures(text), _displayed(text))
    places = [place for matches in given for place in _capitalised(matches)]
    yield from places
    signed = [text[start:end] for start, end in places if " " in text[start:end]]
    for name in list(dict.fromkeys((*told, *_addressed(emails), *signed)))[:_MOST_NAMES]:
        yield from _everywhere(text, name)


def _signatures(text: str) -> Iterator[re.Match[str]]:
    """Possible names on the line after a closing."""
    for match in _SIGNATURE.finditer(text):
        line = text[max(0, match.start() - 48) : match.start()].rstrip().rpartition("\n")[2]
        if re.split(r"[.!?,] *", _unaccented(line))[-1] in _CLOSINGS:
            yield match


def _displayed(text: str) -> Iterator[re.Match[str]]:
    """The display name before an address in angle brackets."""
    for bracket in _BRACKET.finditer(text):
        match = _BEFORE_BRACKET.search(text, max(0, bracket.start() - 64), bracket.start())
        if match and " " in match.group(1):  # one word may be anything
            yield match


def _capitalised(matches: Iterable[re.Match[str]]) -> Iterator[tuple[int, int]]:
    """The capitalised words at the front of each match's name."""
    for match in matches:
        words = list(re.finditer(r"\S+", match.group(1)))
        while words and not words[-1].group()[0].isupper():
            words.pop()
        if words and all(word.group()[0].isupper() for word in words):
            yield match.start(1), match.start(1) + words[-1].end()


def _unaccented(line: str) -> str:
    """Small letters without accents, and no punctuation at the end."""
    letters = unicodedata.normalize("NFKD", line.casefold().rstrip(" ,.!;-"))
    kept = (c for c in letters if not unicodedata.combining(c))
    return "".join(kept).replace("gruess", "gruss").strip()


def _addressed(emails: Sequence[str]) -> Iterator[str]:
    """First and last names from addresses like maria.schmidt@example.com."""
    for email in emails:
        parts = re.split(r"[._-]", re.split(r"[@&%\[({< ]", email)[0].lower())
        letters = [part for part in parts if re.fullmatch(r"[^\W\d_]{2,}", part)]
        if len(parts) == len(letters) == 2 and not _ROLES & set(letters):
            yield " ".join(letters)


def _everywhere(text: str, name: str) -> Iterator[tuple[int, int]]:
    """The name as given, and as "last, first"; case and white space are ignored."""
    words = [re.escape(word) for word in name.split()]
    if not words or len(name.strip()) < 3:
        return
    orders = [r"\s{1,3}".join(words)]
    if len(words) > 1:
        orders.append(rf"{words[-1]},?\s{{1,3}}" + r"\s{1,3}".join(words[:-1]))
    pattern = rf"(?<!\w)(?:{'|'.join(orders)})(?!\w)"
    yield from (match.span() for match in re.finditer(pattern, text, re.IGNORECASE))
