"""Every piece of personal data in a text, with its kind and its place."""

import ipaddress
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

from deskhand.safety.personal_data.cards_and_ibans import find_cards, find_ibans
from deskhand.safety.personal_data.folding import fold
from deskhand.safety.personal_data.names import find_names
from deskhand.safety.personal_data.phones import find_phones

type Kind = Literal["EMAIL", "IBAN", "CARD", "IP", "PHONE", "NAME"]
type Places = Iterator[tuple[int, int]]


class PersonalData(NamedTuple):
    """Personal data at text[start:end]."""

    kind: Kind
    start: int
    end: int


# Begins with one class of characters, which is searched fast. The at sign, plain or in disguise.
_AT = re.compile(
    r"[@&%\[({<](?:(?<=@) ?|(?<=&)(?:#0*64|#x0*40|commat);|(?<=%)40|(?<=[\[({<])[\[({<]? ?"
    r"(?:at|@|ät|arroba|chez|klammeraffe) ?[\])}>]{1,2} ?)",
    re.IGNORECASE,
)
_LOCAL = re.compile(
    r"(?:\"[^\"\n]{1,64}\"|(?:[\w+'%&-]{1,64}[\[({](?:dot|punkt|point|punto)[\])}])*[\w.+'%&-]{1,64}"
    r"(?:(?<=[\w.])\+[\w.+=-]{1,64})?)$"
)
_DOT = r"(?:\.|&#46;| ?[\[({] ?(?:dot|punkt|point|punto|\.) ?[\])}] ?)"
_DOMAIN = re.compile(
    rf"(?:[\w-]{{1,63}}{_DOT})+(?:xn--[\w-]+|[^\W\d_]{{2,24}})(?!\w)"
    r"|\[?\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\]?",
    re.IGNORECASE,
)
# picture@2x.png and `call @ bundle.js:12` are files.
_FILE = re.compile(r"\w+\.(?:png|jpe?g|gif|svg|webp|css|html?|[mc]?jsx?|tsx?|py)", re.IGNORECASE)
_SPOKEN = re.compile(
    r"(?<![\w.+-])[\w.+-]{2,64} (?:at|AT|ät|arroba) (?!\d+ )[\w-]{2,63}"
    r"(?: (?:dot|DOT|punkt|PUNKT|punto) [\w-]{2,24})+"
)
_SPOKEN_DOTS = (" dot ", " DOT ", " punkt ", " PUNKT ", " punto ")
_IPV4 = re.compile(r"\d(?<![0-9A-Za-z_.]\d)\d{0,2}(?:\.\d{1,3}){3}(?![0-9A-Za-z_]|\.\d)")
_IPV6 = re.compile(r":[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){1,6}(?:\.\d+){0,3}(?![\w:])")
_HEAD = re.compile(r"(?<![\w:.])[0-9A-Fa-f]{0,4}$")
_VERSION = re.compile(
    r"(?:\bv|ver\w*|build|release|firmware|fw|rev\w*|\bv\.?) ?[:#]? ?$", re.IGNORECASE
)


def find(text: str, names: Sequence[str] = ()) -> list[PersonalData]:
    """Personal data in reading order, none overlapping; `names` are looked for as well."""
    folded = fold(text)
    taken: list[PersonalData] = []
    free = bytearray(b"\1" * len(folded.text))
    emails = list(_emails(folded.text))
    addresses = [folded.text[start:end] for start, end in emails]
    finders: tuple[tuple[Kind, Callable[[str], Places]], ...] = (
        ("EMAIL", lambda _: iter(emails)),
        ("IBAN", find_ibans),
        ("CARD", find_cards),
        ("IP", _addresses),
        ("PHONE", find_phones),
        ("NAME", lambda plain: find_names(plain, names, addresses)),
    )
    for kind, finder in finders:
        for start, end in finder(folded.text):
            _take(taken, free, PersonalData(kind, start, end))
    return [
        PersonalData(f.kind, *folded.original(f.start, f.end)) for f in sorted(taken, key=_start)
    ]


def _start(found: PersonalData) -> int:
    return found.start


def _take(taken: list[PersonalData], free: bytearray, found: PersonalData) -> None:
    if 0 not in free[found.start : found.end]:
        free[found.start : found.end] = bytes(found.end - found.start)
        taken.append(found)


def _emails(text: str) -> Places:
    for at in _AT.finditer(text):
        front = text[max(0, at.start() - 66) : at.start()]
        # Only a disguised at sign, or one with space on both sides, may be separated by spaces.
        local = _LOCAL.search(front.removesuffix(" ") if at.group() != "@" else front)
        domain = _DOMAIN.match(text, at.end())
        if local and domain and not _FILE.fullmatch(domain.group()):
            length = len(front) - local.start() - _unsaid(local.group())
            yield at.start() - length, domain.end()
    if any(dot in text for dot in _SPOKEN_DOTS):
        yield from (match.span() for match in _SPOKEN.finditer(text))


def _unsaid(local: str) -> int:
    """The number of leading characters that belong to the sentence, not to the address."""
    return len(local) - len(local.lstrip(".'&%"))


def _addresses(text: str) -> Places:
    heads = (
        (m, _HEAD.search(text[max(0, m.start() - 5) : m.start()])) for m in _IPV6.finditer(text)
    )
    yield from _machines(text, ((m.start() - len(h.group()), m.end()) for m, h in heads if h))
    yield from _machines(text, ((m.start(), m.end()) for m in _IPV4.finditer(text)))


def _machines(text: str, places: Places) -> Places:
    for start, end in places:
        if _is_address(text[start:end]) and not _VERSION.search(text[max(0, start - 12) : start]):
            yield start, end


def _is_address(text: str) -> bool:
    """True for the address of a host: not a mask, a loopback address, or `a::b` in a program."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if address.is_loopback or address.is_unspecified:
        return False
    return not text.startswith("255.") and any(c.isdigit() for c in text)
