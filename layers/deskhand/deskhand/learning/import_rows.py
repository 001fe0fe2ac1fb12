"""Parses the rows of an import. In place of a malformed row it returns the row's error."""

import codecs
from collections.abc import Iterator
from typing import Any

from deskhand.api.json_document import Malformed, check, decode
from deskhand.spreadsheets.columns import Columns, Field
from deskhand.spreadsheets.fields import texts_of
from deskhand.spreadsheets.table import Table

# The only member of a malformed row: the JSON pointer and the error. A valid row never has this
# name: a row with U+0000 in a name is malformed itself, or loses that column.
FAULT = "\x00"
# Each of these needs a column in a table; of a group, one is enough.
REQUIRED: tuple[tuple[Field, ...], ...] = (("external_id",), ("subject", "body"), ("category",))


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


def of_table(table: Table, columns: Columns) -> Iterator[dict[str, Any]]:
    """A row with the names of the API for each record."""
    for record in table.records:
        if record.fault:
            yield {FAULT: ["", f"{table.unit} {record.place}: {record.fault}"]}
        else:
            yield dict(texts_of(record.values, columns))


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
