"""Parses the rows of an import. In place of a malformed row it returns the row's error."""

import codecs
import csv
import io
from collections.abc import Iterator
from typing import Any

from deskhand.api.json_document import Malformed, check, decode

# The only member of a malformed row: the JSON pointer and the error. A valid row never has this
# name: a row with U+0000 in a name is malformed itself, or loses that column.
FAULT = "\x00"


def of_document(sent: bytes) -> Any:
    """A JSON body with errors marked in `rows`; raises Malformed for errors outside them."""
    document = decode(sent)
    rows = document.get("rows") if isinstance(document, dict) else None
    if not isinstance(rows, list):
        check(document)
        return document
    check({name: value for name, value in document.items() if name != "rows"})
    return {**document, "rows": [_checked(row) for row in rows]}


def of_lines(sent: bytes) -> Iterator[dict[str, Any]]:
    """A row for each line that is not blank."""
    for line in sent.removeprefix(codecs.BOM_UTF8).split(b"\n"):
        if line.strip():
            yield _of_line(line)


def of_table(sent: bytes, longest: int) -> Iterator[dict[str, Any]]:
    """A row for each record below the header, whose delimiter is detected.

    Raises UnicodeDecodeError, and csv.Error with the line where a bad record begins or a field
    exceeds `longest` characters.
    """
    csv.field_size_limit(longest)
    text = io.StringIO(sent.decode("utf-8-sig"), newline="")
    header = text.readline()
    text.seek(0)
    mark = next((each for each in ",;\t" if each in header), ",")
    reader = csv.DictReader(text, delimiter=mark, skipinitialspace=True, strict=True)
    line = 1
    try:
        for record in reader:
            line = reader.line_num + 1
            yield {n: value for n, value in record.items() if n and value and FAULT not in n}
    except csv.Error as error:
        raise csv.Error(f"line {line}: {error}") from None


def _of_line(line: bytes) -> dict[str, Any]:
    try:
        row = _checked(decode(line))
    except Malformed as error:
        return _faulty(error)
    return row if isinstance(row, dict) else _faulty(Malformed("", "not a JSON object"))


def _checked(row: Any) -> Any:
    try:
        check(row)
    except Malformed as error:
        return _faulty(error)
    return row


def _faulty(error: Malformed) -> dict[str, Any]:
    return {FAULT: [error.pointer, error.detail]}
