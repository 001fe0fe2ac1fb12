"""Finds the encoding of a text file: by its byte order mark, by its bytes, else Windows-1252."""

import codecs
from typing import BinaryIO, NamedTuple

_BLOCK = 1024 * 1024
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LOOKED_AT = 4096


class Encoding(NamedTuple):
    """A codec's name, and a note for people when it was not certain."""

    codec: str
    note: str = ""


def encoding_of(file: BinaryIO) -> Encoding:
    """The encoding of a file, which is read once in blocks and then set back to its beginning."""
    start = file.read(_LOOKED_AT)
    file.seek(0)
    for mark, codec in _MARKS:
        if start.startswith(mark):
            return Encoding(codec)
    if wide := _wide(start):
        return Encoding(wide, f"the file has no byte order mark; it was read as {wide.upper()}")
    return _narrow(file)


def _wide(start: bytes) -> str | None:
    """UTF-16 without a mark shows as NULs in every other byte, in text of any western script."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    if max(even, odd) <= len(start) // 8 or min(even, odd) * 4 > max(even, odd):
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _narrow(file: BinaryIO) -> Encoding:
    """UTF-8, unless more bytes contradict it than confirm it."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    wrong = other = 0
    while block := file.read(_BLOCK):
        if not block.isascii() or wrong or other:
            text = decoder.decode(block)
            found = len(text) - len(text.encode("ascii", "ignore"))
            escaped = len(text) - len(text.encode("utf-16-le", "ignore").decode("utf-16-le"))
            wrong, other = wrong + escaped, other + found - escaped
    file.seek(0)
    if not wrong:
        return Encoding("utf-8")
    if other > wrong:
        return Encoding("utf-8", f"{wrong:,} bytes are not UTF-8; their rows were refused")
    return Encoding("cp1252", "the file is not UTF-8; it was read as Windows-1252")
