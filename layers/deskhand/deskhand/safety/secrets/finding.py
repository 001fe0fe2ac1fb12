"""Finds secrets in a text, each with its kind and its place: by published formats of tokens, and by
the words that announce a password or a key."""

import re
import tomllib
from collections.abc import Iterator
from importlib.resources import files
from typing import Literal, NamedTuple

from deskhand.safety.personal_data.folding import fold

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


# Beginnings that their issuers have published, each with what follows. Whatever is before them is
# no letter or digit.
_FORMATS = (
    r"(?:AKIA|ASIA|ABIA|ACCA|A3T[A-Z0-9])[A-Z0-9]{16}(?![A-Za-z0-9])",
    r"gh[pousr]_[A-Za-z0-9]{16,255}", r"github_pat_\w{20,255}",
    r"gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat)-[\w-]{16,255}",
    r"xox[abcdeprs]-[\w-]{10,255}", r"xapp-\d-[\w-]{10,255}", r"xwfp-[\w-]{10,255}",
    r"(?:sk|rk|pk)_(?:live|test)_[0-9A-Za-z]{10,255}", r"whsec_[0-9A-Za-z+/=]{16,255}",
    r"AIza[\w-]{30,60}", r"ya29\.[\w-]{16,500}", r"GOCSPX-[\w-]{20,60}", r"1//0[\w-]{30,200}",
    r"sk-(?:[a-z]{2,10}\d{0,2}-)*[A-Za-z0-9_-]{20,255}", r"hf_[A-Za-z0-9]{20,255}",
    r"r8_[A-Za-z0-9]{30,60}", r"gsk_[A-Za-z0-9]{30,100}", r"xai-[A-Za-z0-9]{40,120}",
    r"pplx-[A-Za-z0-9]{30,80}", r"SG\.[\w-]{16,64}\.[\w-]{16,80}", r"SK[0-9a-f]{32}(?![0-9a-f])",
    r"npm_[A-Za-z0-9]{30,255}", r"pypi-[\w-]{40,255}", r"rubygems_[0-9a-f]{40,60}",
    r"do[opr]_v1_[0-9a-f]{40,80}", r"dapi[0-9a-f]{32}(?![0-9a-f])", r"dop_v1_[0-9a-f]{40,80}",
    r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{24,64}", r"lin_(?:api|oauth)_[A-Za-z0-9]{30,80}",
    r"ATATT3[\w=-]{40,255}", r"ATCTT3[\w=-]{40,255}", r"ATBB[A-Za-z0-9]{24,60}",
    r"\d{8,10}:AA[\w-]{30,40}", r"key-[0-9a-f]{32}(?![0-9a-f])", r"[0-9a-f]{32}-us\d{1,2}(?!\w)",
    r"sq0(?:atp|csp|idp)-[\w-]{20,60}", r"EAAA[\w-]{50,100}", r"EAA[A-Z][A-Za-z0-9]{60,255}",
    r"[MNO][A-Za-z\d_-]{23,27}\.[\w-]{6}\.[\w-]{27,45}", r"hv[sbr]\.[\w-]{20,255}",
    r"s\.[A-Za-z0-9]{24}(?![\w.])", r"AGE-SECRET-KEY-1[0-9A-Z]{40,70}", r"dp\.(?:pt|st|ct)\.[\w-]{30,80}",
    r"NRAK-[A-Z0-9]{20,40}", r"gl(?:sa|c)_[\w+/=-]{30,255}", r"PMAK-[0-9a-f-]{40,80}",
    r"fig[dour]_[\w-]{30,80}", r"(?:secret|ntn)_[A-Za-z0-9]{40,60}(?!\w)", r"HRKU-[\w-]{30,80}",
    r"[A-Za-z0-9]{14}\.atlasv1\.[\w-]{40,100}", r"[\w~.]{3}8Q~[\w~.-]{30,40}",
    r"dckr_(?:pat|oat)_[\w-]{20,60}", r"v1\.0-[0-9a-f]{24}-[0-9a-f]{100,200}", r"tfp_[\w-]{30,60}",
    r"(?:sbp|sb_secret)_[\w-]{20,80}", r"nvapi-[\w-]{40,100}", r"CFPAT-[\w-]{30,60}", r"phc_\w{30,60}",
    r"rpa_[A-Z0-9]{30,60}", r"tskey-[a-z]{2,8}-[\w-]{16,80}", r"ops_eyJ[\w-]{60,500}",
    r"ey[JI][\w-]{8,4000}\.ey[JI][\w-]{8,4000}(?:\.[\w-]{0,4000})?", r"PRIVATE-[\w-]{40,80}",
)  # fmt: skip
_TOKEN = re.compile(r"(?<![A-Za-z0-9_+/-])(?:" + "|".join(_FORMATS) + ")")
_HOOK = re.compile(
    r"https://(?:hooks\.slack\.com/(?:services|workflows|triggers)/"
    r"|(?:\w{1,10}\.)?discord(?:app)?\.com/api/webhooks/|[\w-]{1,60}\.webhook\.office\.com/)"
    r"([\w/@+=-]{10,300})"
)
_PRIVATE = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PRIVATE_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PUTTY = re.compile(r"Private-Lines: (\d{1,3})\n((?:[A-Za-z0-9+/=]{1,76}\n?){1,200})")
# The password of `scheme://user:password@host`.
_URL = re.compile(
    r"(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,30}://[^\s:/?#@\"'<>]{0,100}:([^\s/\"'<>]{1,200})@(?=[\w\[])",
    re.I,
)
_PAIR = re.compile(
    r"(?<![\w-])(?:password|pwd|accountkey|sharedaccesskey|sharedsecret|sas_?token|sig)=(?=[^\s;&\"'<>$%{*])"
    r"([^\s;&\"'<>]{4,500})",
    re.I,
)
_HEADER = re.compile(
    r"(?<![\w-])(?:bearer|basic|apikey|api-key)[ :]{1,3}(?=[^\s]{0,400}[\d=._-])([A-Za-z0-9._~+/=-]{12,4000})",
    re.I,
)
_OPTION = re.compile(
    r"(?:(?<=\s)|^)(?:curl\b[^\n]{0,100}?\s-u ?|--user[ =])[\w.@-]{1,64}:([^\s\"']{3,100})"
    r"|(?:(?<=\s)|^)(?:--(?:password|passwd|token|secret|api-key)[ =]|sshpass -p ?)[\"']?([^\s\"'$<-][^\s\"']{3,200})",
    re.M,
)


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
_VALUE = r"(?P<quote>[\"'`\u201c\u201e\u00ab]?)(?P<value>[^\s\"'`\u201c\u201d\u201e\u00ab\u00bb,;]{3,200})"
_OF = r"(?: (?:for|für|pour|para|of|von|de|zu|zum|to|на|от) [^\s:=]{1,30}(?: [^\s:=]{1,30}){0,3}?)?"
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
    r"[\"'`\u201c\u300c]?([!-~]{4,100})"
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
    yield from (Secret("token", *each.span()) for each in _TOKEN.finditer(text))
    yield from _groups(_HOOK, "token", text)
    yield from _groups(_HEADER, "token", text)
    yield from _groups(_URL, "connection string", text)
    yield from _groups(_PAIR, "connection string", text)
    yield from _groups(_OPTION, "password", text)
    yield from _groups(_UNSPACED, "password", text)
    yield from _announced(text)


def _groups(pattern: re.Pattern[str], kind: Kind, text: str) -> Iterator[Secret]:
    for found in pattern.finditer(text):
        if not _is_placeholder(found[found.lastindex or 0]):
            yield Secret(kind, *found.span(found.lastindex or 0))


def _private_keys(text: str) -> Iterator[Secret]:
    """Private keys; one whose end is missing lasts as long as a key can be."""
    place = 0
    while begin := _PRIVATE.search(text, place):
        limit = begin.end() + _LONGEST
        end = _PRIVATE_END.search(text, begin.end(), limit + 60)
        place = end.end() if end else min(limit, len(text))
        yield Secret("private key", begin.start(), place)
    for found in _PUTTY.finditer(text):
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
    r"[*\u2022.xX#_-]{2,}|[<\[{(].*|.*[>\]})]|\$[\w{(].*|%\w+%|.*\(.*|(?:os|process|config|settings|env|self)\..*"
    r"|(?:your|my|the|dein|ihr)[_-].*|.*(?:example|changeme|placeholder|redacted).*"
    r"|\w{1,40}\.\w{1,40}\.\w{1,40}|/[\w/.-]*|[\w-]+\.(?:md|txt|py|ts|js|json|ya?ml|env|html?)",
    re.I,
)


def _is_placeholder(value: str) -> bool:
    return len(value) <= 300 and _PLACEHOLDER.fullmatch(value) is not None
