"""Finds secrets in a text, each with its kind and its place: by published formats of tokens, and by
the words that announce a password or a key."""

import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
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

_WORDS: dict[str, str] = tomllib.loads(
    files("deskhand.safety.secrets").joinpath("words.toml").read_text(encoding="utf-8")
)
_INNOCENT = frozenset(_WORDS["innocent"].split())
_LONGEST = 4_000


class Secret(NamedTuple):
    """A secret at text[start:end]."""

    kind: Kind
    start: int
    end: int


def _either(words: str) -> str:
    every = sorted((line.strip() for line in _phrases(words)), key=len, reverse=True)
    return "|".join(re.escape(each).replace(r"\ ", r"[ _-]?") for each in every)


def _phrases(words: str) -> Iterator[str]:
    """The words of a list; runs that the language writes apart are kept in `_TOGETHER`."""
    text = " ".join(words.split())
    for phrase in _TOGETHER:
        if phrase in text:
            yield phrase
            text = text.replace(phrase, " ")
    yield from text.split()


_TOGETHER = (
    "mots de passe", "mot de passe", "clave de acceso", "parola d'ordine", "кодовое слово",
    "κωδικός πρόσβασης", "mật khẩu", "kata sandi", "pin code", "access code", "override code",
    "unlock code", "door code", "alarm code", "master code", "recovery code", "backup code",
    "verification code", "security code", "one-time code", "one time code", "code d'accès",
    "código de acceso", "codice di accesso", "secret key", "client secret", "api key", "access key",
    "access token", "auth token", "refresh token", "private key", "signing key", "encryption key",
    "account key", "shared access key", "storage key", "license key", "licence key", "clé api",
    "clave api", "ключ доступа",
)  # fmt: skip
_VALUE = (
    r"(?P<quote>[\"'`\u201c\u201e\u00ab]?)"
    r"(?P<value>[^\s\"'`\u201c\u201d\u201e\u00ab\u00bb,;]{3,200})"
)
_OF = (
    r"(?: (?:for|für|pour|para|of|von|de|zu|zum|to|на|от)"
    r" [^\s:=]{1,30}(?: [^\s:=]{1,30}){0,3}?)?"
)
_VERBS = "|".join(map(re.escape, _WORDS["verbs"].split()))
_MARK = rf"(?P<mark> ?(?::=|=>|->|[:=])[ \t]*\n?[ \t]*| (?:{_VERBS}):? )"
_ANNOUNCED = re.compile(
    rf"(?<![^\W_])(?:(?P<strong>{_either(_WORDS['strong'])})|(?P<weak>{_either(_WORDS['weak'])}))"
    rf"(?![^\W_])[\"'`]?(?: ?\([^()\n]{{1,30}}\))?(?:{_OF}{_MARK}| ){_VALUE}",
    re.IGNORECASE,
)
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
    yield from _announced(text)


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
        start, end = found.span("value")
        end = start + len(found["value"].rstrip(".?)]}>") or found["value"])
        place = max(found.start("value"), place + 1)
        if _is_secret(found, text[start:end], text[end : end + 1]):
            strong = found["strong"] is not None
            yield Secret("password" if strong else "token", start, end)
            place = end


def _is_secret(found: re.Match[str], value: str, after: str) -> bool:
    if _is_placeholder(value) or value.casefold() in _INNOCENT or "://" in value:
        return False
    kinds = _kinds(value)
    marked = any(sign in (found["mark"] or "") for sign in ":=>")
    if found["weak"]:
        return marked and len(value) >= 8 and "digit" in kinds and len(kinds) > 1
    if not marked and not found["quote"]:
        return len(value) >= (4 if value.isdigit() else 6) and "digit" in kinds
    if kinds & {"digit", "sign"} or "inner capital" in kinds:
        return len(value) >= 4
    return len(value) >= 6 and (bool(found["quote"]) or after in ("", "\n", "\r"))


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
