"""Finds secrets in a text, each with its kind and its place: by published formats of tokens, and by
the words that announce a password or a key."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

from deskhand.safety.personal_data.folding import fold
from deskhand.safety.secrets.formats import (
    HEADER,
    HOOK,
    OPTION,
    PAIR,
    PRIVATE,
    PRIVATE_END,
    PUTTY,
    TOKEN,
    URL,
)

type Kind = Literal["password", "token", "private key", "connection string"]

_WORDS: dict[str, str] = json.loads(Path(__file__).with_name("words.json").read_text("utf-8"))
_INNOCENT = frozenset(_WORDS["innocent"].split())
_LONGEST = 4_000
# Letters set apart, or replaced by digits that look like them.
_SPELT = r"[ ._-]?".join((*"pa", "[s5$]", "[s5$]", "w", "[o0]", "r", "[dt]"))


class Secret(NamedTuple):
    """A secret at text[start:end]."""

    kind: Kind
    start: int
    end: int


def _either(phrases: str) -> str:
    every = sorted((" ".join(each.split()) for each in phrases.split(",")), key=len, reverse=True)
    return "|".join(re.escape(each).replace(r"\ ", r"[ _-]?") for each in every if each)


# In quotes a value may have spaces; outside it ends before the tag that closes it.
_VALUE = (
    r"(?:(?P<quote>[\"'`\u201c\u201e\u00ab])(?P<quoted>[^\"'`\u201c\u201d\u201e\u00ab\u00bb\n]{3,200})"
    r"(?=[\"'`\u201c\u201d\u00bb])"
    r"|[\"'`\u201c\u201e\u00ab]?"
    r"(?P<value>(?:(?!</)[^\s\"'`\u201c\u201d\u201e\u00ab\u00bb,;|]){3,200}))"
)
_OF = (
    r"(?: (?:for|für|pour|para|of|von|de|zu|zum|to|на|от)"
    r" [^\s:=]{1,30}(?: [^\s:=]{1,30}){0,3}?)?"
)
_VERBS = "|".join(map(re.escape, _WORDS["verbs"].split()))
_ADVERBS = "|".join(map(re.escape, _WORDS["adverbs"].split()))
# The next line, in a reply to a mail and after an empty line too.
_NEXT_LINE = r"(?P<line>(?:\r?\n(?:[ \t]*>)*[ \t]*){1,2})?"
_MARK = (
    rf"(?P<mark>(?: (?:{_VERBS}))?[*_]{{0,2}} ?"
    r"(?::=|=>|->|[:=])[*_]{0,2}[ \t]*" + _NEXT_LINE + r"|[*_]{0,2} ?\| ?| - "
    r"|[\"']? value ?[:=] ?|>)"
)
_IS = rf" (?:{_VERBS})(?: (?:{_ADVERBS}))?:? (?P<said>)"
_THAT = rf"(?: [^\s:=.,;|]{{1,20}}){{1,3}}?{_IS.replace('said', 'that')}"
_ANNOUNCED = re.compile(
    rf"(?<![^\W_])(?<!\$)(?:(?P<strong>{_SPELT}|{_either(_WORDS['strong'])})"
    rf"|(?P<weak>{_either(_WORDS['weak'])}))(?![^\W_])"
    rf"[\"'`]?(?: ?\([^()\n]{{1,30}}\))?(?:{_OF}(?:{_MARK}|{_IS})|{_THAT}| ){_VALUE}",
    re.IGNORECASE,
)
# `bob / secret` after a word for both.
_LOGIN = re.compile(
    rf"(?<![^\W_])(?:{_either(_WORDS['logins'])})(?: ?[:=])? [\w.@\\-]{{1,64}}(?: / |:|/)"
    r"([^\s\"'`,;<>]{6,100})",
    re.IGNORECASE,
)
# One of several codes, after the first.
_MORE = re.compile(r"[ \t,;]{1,3}([\w-]{4,40})(?![\w-])")
# Words that are written without spaces around them.
_UNSPACED = re.compile(
    rf"(?:{'|'.join(_WORDS['unspaced'].split())})[^\S\n]{{0,3}}(?:[:=]|[是为為はが는은]|คือ)[^\S\n]{{0,3}}"
    r"[\"'`\u201c\u300c]?([!-+\--:<-~]{4,100})"
)


def find_secrets(text: str) -> list[Secret]:
    """The secrets in reading order, none overlapping."""
    folded = fold(text)
    found: list[Secret] = []
    end = 0
    for each in sorted(_every(folded.text), key=lambda secret: (secret.start, -secret.end)):
        if each.start >= end:
            found.append(Secret(each.kind, *folded.original(each.start, each.end)))
            end = each.end
    return found


def _every(text: str) -> Iterator[Secret]:
    yield from _private_keys(text)
    yield from (Secret("token", *each.span()) for each in TOKEN.finditer(text))
    yield from _groups(HOOK, "token", text)
    yield from _groups(HEADER, "token", text)
    yield from _groups(URL, "connection string", text)
    yield from _groups(PAIR, "connection string", text)
    yield from _groups(OPTION, "password", text)
    yield from _groups(_UNSPACED, "password", text)
    yield from _logins(text)
    yield from _announced(text)


def _logins(text: str) -> Iterator[Secret]:
    for found in _LOGIN.finditer(text):
        value = found[1].rstrip(".?)]}")
        if {"digit", "letter"} <= _kinds(value) and _kinds(value) & {"sign", "inner capital"}:
            yield Secret("password", found.start(1), found.start(1) + len(value))


def _groups(pattern: re.Pattern[str], kind: Kind, text: str) -> Iterator[Secret]:
    for found in pattern.finditer(text):
        if not _is_placeholder(found[found.lastindex or 0]):
            yield Secret(kind, *found.span(found.lastindex or 0))


def _private_keys(text: str) -> Iterator[Secret]:
    """Private keys; one whose end is missing lasts as long as a key can be."""
    place = 0
    while begin := PRIVATE.search(text, place):
        limit = begin.end() + _LONGEST
        end = PRIVATE_END.search(text, begin.end(), limit + 60)
        place = end.end() if end else min(limit, len(text))
        yield Secret("private key", begin.start(), place)
    for found in PUTTY.finditer(text):
        yield Secret("private key", *found.span(2))


def _announced(text: str) -> Iterator[Secret]:
    place = 0
    while found := _ANNOUNCED.search(text, place):
        name = "value" if found["value"] else "quoted"
        start, end = found.span(name)
        if name == "value":
            end = start + len(found["value"].rstrip(".?)]}>*") or found["value"])
        place = max(start, place + 1)
        if _is_secret(found, text[start:end], text[end : end + 1]):
            kind: Kind = "password" if found["strong"] else "token"
            yield Secret(kind, start, end)
            place = end
            yield from _more(text, kind, start, end)


def _more(text: str, kind: Kind, start: int, end: int) -> Iterator[Secret]:
    """The codes after the first of a list: they look like it."""
    first = text[start:end]
    while (found := _MORE.match(text, end)) and _looks_like(found[1], first):
        yield Secret(kind, *found.span(1))
        end = found.end(1)


def _looks_like(value: str, first: str) -> bool:
    same = len(value) == len(first) and _kinds(value) == _kinds(first)
    return same and any(c.isdigit() for c in value)


def _is_secret(found: re.Match[str], value: str, after: str) -> bool:
    if _is_placeholder(value) or value.casefold() in _INNOCENT or "://" in value:
        return False
    kinds = _kinds(value)
    marked = found["mark"] is not None
    rich = len(value) >= 8 and {"digit", "letter"} <= kinds
    ends = after in ("", "\n", "\r", "*")
    if found["line"] and not (ends and kinds & {"digit", "sign"}):
        return False
    if found["mark"] == ">":
        return after == "<" and len(value) >= 4
    if found["weak"]:
        strange = bool(kinds & {"sign", "inner capital"}) or len(value) >= 12
        return rich and (marked or (found["said"] is not None and strange))
    if found["that"] is not None:
        return len(value) >= 6 and "digit" in kinds and len(kinds) > 2
    if " " in value:
        return "digit" in kinds and len(value) >= 8
    if not marked and not found["quote"]:
        if value.startswith("-"):
            return False
        return len(value) >= (4 if value.strip("#*").isdigit() else 6) and "digit" in kinds
    if kinds & {"digit", "sign"} or "inner capital" in kinds:
        return len(value) >= 4
    return len(value) >= 6 and (found["quote"] is not None or ends)


def _kinds(value: str) -> set[str]:
    kinds = set()
    kinds |= {"digit"} if any(c.isdigit() for c in value) else set()
    kinds |= {"letter"} if any(c.isalpha() for c in value) else set()
    kinds |= (
        {"inner capital"} if any(c.isupper() for c in value[1:]) and not value.isupper() else set()
    )
    kinds |= {"sign"} if any(c in "!#$%&*+@^_~?=" for c in value) else set()
    return kinds


_PLACEHOLDER = re.compile(
    r"[*\u2022.xX#_-]{2,}|[<\[{(].*|.*[>\]})]|\$[\w{(].*|%\w+%|.*[(\[].*"
    r"|(?:os|process|config|settings|env|self)\..*"
    r"|(?:your|my|the|dein|ihr)[_-].*|.*(?:example|changeme|placeholder|redacted).*"
    r"|\w{1,40}\.\w{1,40}\.\w{1,40}|/[\w/.-]*|[\w-]+\.(?:md|txt|py|ts|js|json|ya?ml|env|html?)",
    re.I,
)


def _is_placeholder(value: str) -> bool:
    return len(value) <= 300 and _PLACEHOLDER.fullmatch(value) is not None
