"""Reads JSON lines, or a JSON array of objects, as a table."""

import math
from collections.abc import Iterator
from typing import Any, BinaryIO

from deskhand.api.json_document import Malformed, decode
from deskhand.spreadsheets.table import MAX_COLUMNS, Counts, Record, Table, Unreadable, Value

_BLANK = b"\xef\xbb\xbf \t\r\n"


def is_json(start: bytes) -> bool:
    """Whether a file that begins so holds JSON objects, and not CSV."""
    return start.lstrip(_BLANK)[:1] in (b"[", b"{")


def read_json(file: BinaryIO) -> Table:
    """The table whose columns are the names of all objects; closes the file.

    Numbers become text, null and nested objects are left out. A line or element that is no object
    becomes a fault. Raises Unreadable for an array that is no JSON.
    """
    with file:
        content = file.read().lstrip(_BLANK)
    is_array = content.startswith(b"[")
    records = list(_elements(content) if is_array else _lines(content))
    header = tuple(dict.fromkeys(name for record in records for name in record.values))
    if not header:
        raise Unreadable("no object has a member that is a text, a number or a list")
    if len(header) > MAX_COLUMNS:
        raise Unreadable(f"the objects have more than {MAX_COLUMNS:,} different members")
    return Table(
        form="json",
        header=header,
        records=iter(records),
        unit="element" if is_array else "line",
        notes=(),
        counts=Counts(),
    )


def _elements(content: bytes) -> Iterator[Record]:
    try:
        elements = decode(content)
    except Malformed as error:
        raise Unreadable(f"not a JSON array: {error.pointer} {error.detail}") from None
    for number, element in enumerate(elements, 1):
        yield _record(number, element)


def _lines(content: bytes) -> Iterator[Record]:
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.strip():
            continue
        try:
            yield _record(number, decode(line))
        except Malformed as error:
            yield Record(number, fault=f"{error.pointer} {error.detail}".strip())


def _record(number: int, value: Any) -> Record:
    if not isinstance(value, dict):
        return Record(number, fault="not a JSON object")
    cells = {_name(name): _value(each) for name, each in value.items()}
    return Record(number, {name: each for name, each in cells.items() if name and each})


def _name(name: str) -> str:
    name = " ".join(name.split())
    return name if name.isprintable() else ""


def _value(value: Any) -> Value:
    if isinstance(value, list):
        return [cell for each in value if (cell := _cell(each))]
    return _cell(value)


def _cell(value: Any) -> str:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float() if not math.isfinite(value):
            return ""
        case float() if value.is_integer():
            return str(int(value))
        case int() | float():
            return str(value)
        case _:
            return ""
