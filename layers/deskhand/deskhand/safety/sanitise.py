"""Sanitises a model's text for display: one line, no markup, no links."""

import re
import unicodedata

from deskhand.normal_form import INVISIBLE
from deskhand.safety.shorten import shorten

_HIDDEN = re.compile(r"<!--.*?(?:-->|$)|<(script|style)\b.*?(?:</\1\s*>|$)", re.DOTALL | re.I)
_TAG = re.compile(r"</?[a-zA-Z!][^<>]*>|<(?=[a-zA-Z/!])")
_EMPHASIS = re.compile(r"[*_~`|]{2,}|`|^[#>\s]+|(?<!\w)[*_~]+(?=\w)|(?<=\w)[*_~]+(?!\w)")
# [words](address) and ![words](address): the words stay.
_REFERENCE = re.compile(r"!?\[([^\[\]]*)\](?:\([^()]*\)|\[[^\[\]]*\])")
# The labels of a host, each with its point, read once: from its first label, and never back.
_LABELS = r"(?<![\w-])(?<![\w-]\.)(?:[\w-]++\.)++"
_LINK = re.compile(
    r"(?<![a-z])(?:[a-z][a-z0-9+.-]{1,20}://|www\.|mailto:|javascript:|data:[a-z]+/)[^\s<>\"']*"
    rf"|{_LABELS}[a-z]{{2,24}}(?::\d+)?[/?][^\s<>\"']*",
    re.IGNORECASE,
)
# Endings of domains that mail programs make links of, and that are no file's or program's.
_DOMAIN = re.compile(
    rf"({_LABELS})(com|net|org|edu|gov|info|biz|io|app|dev|xyz|top|online|site|shop|club|link"
    r"|click|live|example|test|eu|de|at|ch|uk|fr|es|it|nl|be|pl|cz|se|dk|fi|no|ru|ua|cn|jp|kr|in|br"
    r"|us|ca|au|tk|ml|cf|gq|cc|co|me|tv|ly|to|su)\b(?!\.?\w)"
)
_LONGEST_WORD = 60
_TELLING_WORDS = 5
_WORD = re.compile(r"\w+")


def visible_text(text: str) -> str:
    """The text on one line, without control characters and invisible ones."""
    shown = INVISIBLE.sub("", text)
    return " ".join("".join(map(_seen, shown)).split())


def visible_lines(text: str) -> str:
    """The text without control characters and invisible ones; its lines and indents stay."""
    shown = INVISIBLE.sub("", text.strip("\r\n"))
    kept = (c if c in "\t\n" else _seen(c) for c in shown)
    return "\n".join(line.rstrip() for line in "".join(kept).strip().split("\n"))


def _seen(character: str) -> str:
    kind = unicodedata.category(character)
    return " " if kind in ("Cc", "Zl", "Zp") else "" if kind in _UNSEEN else character


_UNSEEN = ("Cf", "Co", "Cs", "Cn")


def sanitise(text: str) -> str:
    """At most 120 characters on one line: nothing invisible, no markup, no links.

    Empty when nothing is left, or when a word is too long to be one. A bare domain stays readable,
    but is no link: example[.]com.
    """
    shown = visible_text(_HIDDEN.sub(" ", text))
    unlinked = _LINK.sub("(link)", _REFERENCE.sub(r"\1", shown))
    named = _DOMAIN.sub(lambda found: f"{found.group(1)[:-1]}[.]{found.group(2)}", unlinked)
    line = " ".join(_EMPHASIS.sub("", _TAG.sub(" ", named)).split()).strip(" ,;:|")
    if any(len(word) > _LONGEST_WORD for word in line.split()):
        return ""
    return shorten(line) if any(c.isalnum() for c in line.replace("(link)", "")) else ""


def links(text: str) -> list[str]:
    """The strings that mail programs and browsers turn into links, including bare domains."""
    found = [match.group() for match in _LINK.finditer(text)]
    return found + [match.group() for match in _DOMAIN.finditer(_LINK.sub(" ", text))]


def has_markup(text: str, source: str = "") -> bool:
    """True with an HTML tag or a Markdown link that is not quoted from the source."""
    if "](" in text and "](" not in source:
        return True
    return any(found.group() not in source for found in _TAG.finditer(text))


def has_words_of(text: str, secret: str, known: str) -> bool:
    """True when five words in a row are the secret's and not also in the known text."""
    said, told, open_ = (_runs(part) for part in (text, secret, known))
    return bool((said & told) - open_)


def _runs(text: str) -> set[tuple[str, ...]]:
    words = _WORD.findall(text.casefold())
    starts = range(len(words) - _TELLING_WORDS + 1)
    return {tuple(words[start : start + _TELLING_WORDS]) for start in starts}
