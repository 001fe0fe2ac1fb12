"""Views of a text: as it is, and with disguises removed."""

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import unquote

from deskhand.normal_form import INVISIBLE

# Letters of other scripts that look like Latin letters.
LOOKALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0455\u0458\u0501\u04bb\u0261\u03bf\u03b1\u03b5"
    "\u03b9\u03bd\u03c1\u03c5\u03ba\u0438\u0442\u043c\u043d\u043a\u0432\u0131",
    "aeopcxyisjdhgoaeivpykutmhkbi",
)
_LEET = str.maketrans("013457@$!|", "oieastasil")
# No underscore is a letter here: it parts letters, and what may be both is divided in every way.
_SPACED = re.compile(r"(?<![^\W_])(?:[^\W_][ ._*\-]{1,2}){4,}[^\W_](?![^\W_])")
_ENCODED = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_BASE32 = re.compile(r"[A-Z2-7]{24,}=*")
_HEXADECIMAL = re.compile(r"(?:[0-9A-Fa-f]{2}[ :]?){12,}")
_ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})|\\x([0-9A-Fa-f]{2})")
_TAG = re.compile(r"<!--|-->|<[^<>]{0,300}>|[*_~`]+")
_TAG_LETTERS = re.compile("[\U000e0020-\U000e007e]{4,}")
_DECODED_CHARACTERS = 8000


def plain(text: str) -> str:
    """The text in lower case, without accents, width variants or invisible characters."""
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", INVISIBLE.sub("", text)).casefold()
    kept = "".join(c for c in decomposed if not unicodedata.combining(c))
    return unicodedata.normalize("NFC", kept)


def open_views(text: str) -> Iterator[str]:
    """What a human reader sees: the text itself, without markup, with lookalikes as Latin
    letters."""
    yield text
    if "<" in text or "*" in text or "_" in text or "`" in text:
        yield _TAG.sub("", text)
        yield _TAG.sub(" ", text)
    if not text.isascii() and (latin := text.casefold().translate(LOOKALIKES)) != text.casefold():
        yield latin


def disguised_views(text: str) -> Iterator[str]:
    """What only a machine reads: decoded, letter by letter, reversed."""
    yield from _spelled(text)
    yield from _unescaped(text)
    for found in _ENCODED.finditer(text):
        yield from _base64(found.group())
    for found in _BASE32.finditer(text):
        yield from _base32(found.group())
    for found in _HEXADECIMAL.finditer(text):
        yield from _read(bytes.fromhex(re.sub(r"[ :]", "", found.group())))
    for hidden in _TAG_LETTERS.finditer(text):
        yield "".join(chr(ord(letter) - 0xE0000) for letter in hidden.group())


def _spelled(text: str) -> Iterator[str]:
    yield codecs.encode(text, "rot13")
    yield text[::-1]
    # Wide gaps separate the words of a text that is spelled letter by letter.
    closed = re.sub(r"\s{2,}", "\n", text)
    if _SPACED.search(closed):
        yield _SPACED.sub(lambda found: re.sub(r"[ ._*\-]", "", found.group()), closed)
    leet = text.translate(_LEET)
    if leet != text:
        yield leet


def _unescaped(text: str) -> Iterator[str]:
    if "&" in text and (decoded := html.unescape(text)) != text:
        yield decoded
    if "%" in text and (decoded := unquote(text)) != text:
        yield decoded
    if "\\" in text:
        yield _ESCAPED.sub(lambda found: chr(int(found.group(1) or found.group(2), 16)), text)


def _base64(token: str) -> Iterator[str]:
    standard = token.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        content = base64.b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except (binascii.Error, ValueError):
        return
    yield from _read(content)


def _base32(token: str) -> Iterator[str]:
    bare = token.rstrip("=")
    try:
        content = base64.b32decode(bare + "=" * (-len(bare) % 8))
    except (binascii.Error, ValueError):
        return
    yield from _read(content)


def _read(content: bytes) -> Iterator[str]:
    """The bytes as text, if they are text; doubly encoded text is decoded once more."""
    try:
        text = content.decode()[:_DECODED_CHARACTERS]
    except UnicodeDecodeError:
        return
    if sum(c.isprintable() or c.isspace() for c in text) < 0.95 * len(text):
        return
    yield text
    for inner in _ENCODED.finditer(text):
        if inner.group() == text.strip():
            yield from _base64(inner.group())
