"""Reads CSV files of any common encoding and delimiter, one record at a time."""

import csv
import io
import re
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import BinaryIO

from deskhand.spreadsheets.encoding import encoding_of
from deskhand.spreadsheets.table import MAX_FIELD, Counts, Header, Table, Unreadable, records_of

DELIMITERS = (",", ";", "\t", "|")
_MARK = "\ufeff"
# The first line by which Excel is told the delimiter.
_TOLD = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)


def read_csv(file: BinaryIO, longest: int = MAX_FIELD) -> Table:
    """The table in a file; raises Unreadable when it has no header.

    A record that breaks the rules of CSV, that is not of the file's encoding or that has a field
    of more than `longest` characters becomes a fault, and the others are still read.
    """
    encoding = encoding_of(file)
    # cp1252 leaves five bytes undefined; elsewhere a wrong byte is kept, and found in its record.
    errors = "replace" if encoding.codec == "cp1252" else "surrogateescape"
    delimiter, lines, skipped = _delimiter(_lines(file, encoding.codec, errors))
    rows = _rows(lines, delimiter, skipped)
    header = _header(rows, longest)
    counts = Counts()
    return Table(
        form="csv",
        header=header.names,
        records=records_of(header, rows, counts),
        unit="line",
        notes=(encoding.note,) if encoding.note else (),
        counts=counts,
    )


def delimiter_of(line: str) -> str:
    """The delimiter that occurs most often outside of quotes in a header; a comma for none."""
    outside = "".join(line.split('"')[::2])
    return max(DELIMITERS, key=outside.count)


def _lines(file: BinaryIO, codec: str, errors: str) -> Iterator[str]:
    with io.TextIOWrapper(file, codec, errors, newline="") as text:
        yield from text


def _delimiter(lines: Iterator[str]) -> tuple[str, Iterator[str], int]:
    """The delimiter, the lines to read, and how many lines before them were taken."""
    # Programs that add a byte order mark to a file that has one leave the second to us.
    first = next(lines, "").lstrip(_MARK)
    if told := _TOLD.fullmatch(first):
        return told[1], lines, 1
    return delimiter_of(first), chain([first], lines), 0


def _rows(
    lines: Iterator[str], delimiter: str, skipped: int
) -> Iterator[tuple[int, Sequence[str] | str]]:
    """Each record with the line on which it begins, or what is wrong with it."""
    reader = csv.reader(lines, delimiter=delimiter, skipinitialspace=True, strict=True)
    while True:
        line = reader.line_num + 1 + skipped
        try:
            cells = next(reader, None)
        except csv.Error as error:
            yield line, f"not CSV: {error}"
            continue
        except UnicodeDecodeError as error:
            # Only UTF-16 ends within a character: there is nothing more to read.
            yield line, f"not {error.encoding.upper()}"
            return
        if cells is None:
            return
        yield line, "not UTF-8" if _is_torn(cells) else cells


def _is_torn(cells: Sequence[str]) -> bool:
    """Whether a byte was kept that the encoding does not know."""
    return any(not cell.isascii() and _HALF.search(cell) is not None for cell in cells)


_HALF = re.compile("[\ud800-\udfff]")


def _header(rows: Iterator[tuple[int, Sequence[str] | str]], longest: int) -> Header:
    csv.field_size_limit(longest)
    for line, cells in rows:
        if isinstance(cells, str):
            raise Unreadable(f"line {line}: {cells}")
        if any(cells):
            return Header(cells)
    raise Unreadable("the file has no rows")
