"""Writes XLSX files row by row, in flat memory. Text stays text, whatever it begins with."""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from xlsxwriter import Workbook
from xlsxwriter.format import Format

from deskhand.ticket import CUT

type Value = str | int | float | None

# What a cell of Excel takes, in UTF-16 units; longer text would be cut without a word.
CELL_UNITS = 32_767
SHEET_ROWS = 1_048_576
# Excel's numbers have 15 digits, so a longer one is written as text.
_WHOLE_DIGITS = 10**15
_LEAST_WIDTH, _GREATEST_WIDTH, _MARGIN = 14, 80, 6
# Control characters except tab and line feed, lone surrogates, and what XML does not take.
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LINE_END = re.compile("\r\n?")
_OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}
_CELL = {"font_size": 14, "border": 1, "text_wrap": True, "valign": "top"}
_HEADER = {"font_size": 14, "border": 1, "bold": True, "bg_color": "#FFC000"}


def cell_text(text: str) -> str:
    """The text that a cell can hold: no control characters, at most 32,767 UTF-16 units."""
    if _UNSAFE.search(text):
        text = _UNSAFE.sub("", _LINE_END.sub("\n", text))
    return text if len(text) <= CELL_UNITS // 2 else _cut(text)


def column_width(longest: int) -> int:
    """The width of a column whose longest value has so many characters; longer text wraps."""
    return min(max(longest + _MARGIN, _LEAST_WIDTH), _GREATEST_WIDTH)


class SheetToWrite:
    """A sheet with a header that stays in view, a filter, and rows that are appended in order."""

    def __init__(
        self, book: "Spreadsheet", name: str, header: Sequence[str], longest: Sequence[int]
    ) -> None:
        """`longest` gives the length of the longest value of each column, which is known before
        the rows are: in constant memory a width cannot be set later."""
        self._sheet = book.workbook.add_worksheet(name)
        self._cell, self._columns, self._next = book.cell, len(header), 1
        for column, (title, length) in enumerate(zip(header, longest, strict=True)):
            self._sheet.set_column(column, column, column_width(max(length, len(title))))
            self._sheet.write_string(0, column, cell_text(title), book.header)
        self._sheet.freeze_panes(1, 0)

    def append(self, row: Sequence[Value]) -> None:
        """Writes the next row; raises ValueError when the sheet is full."""
        if self._next >= SHEET_ROWS:
            raise ValueError(f"a sheet takes no more than {SHEET_ROWS:,} rows")
        if len(row) != self._columns:
            raise ValueError(f"the row has {len(row)} values for {self._columns} columns")
        at, sheet, look = self._next, self._sheet, self._cell
        for column, value in enumerate(row):
            if isinstance(value, str):
                sheet.write_string(at, column, cell_text(value), look)
            elif value is None:
                sheet.write_blank(at, column, None, look)
            elif is_number(value):
                sheet.write_number(at, column, value, look)
            else:
                sheet.write_string(at, column, str(value), look)
        self._next = at + 1

    def extend(self, rows: Iterable[Sequence[Value]]) -> None:
        """Writes all rows."""
        for row in rows:
            self.append(row)

    def close(self) -> None:
        """Sets the filter over the rows that were written."""
        self._sheet.autofilter(0, 0, self._next - 1, self._columns - 1)


class Spreadsheet:
    """An open XLSX file, with the look of its header and its cells."""

    def __init__(self, path: Path, made_at: datetime) -> None:
        """Parts of the file wait in the folder of `path` until it is closed."""
        # `in_memory` would turn constant memory off.
        self.workbook = Workbook(str(path), {**_OPTIONS, "tmpdir": str(path.parent)})
        # By default XlsxWriter notes the time of day, so no two files would be alike.
        self.workbook.set_properties({"created": made_at.astimezone(UTC).replace(tzinfo=None)})
        self.cell: Format = self.workbook.add_format(_CELL)
        self.header: Format = self.workbook.add_format(_HEADER)
        self._tables: list[SheetToWrite] = []

    def add_table(self, name: str, header: Sequence[str], longest: Sequence[int]) -> SheetToWrite:
        """A new sheet."""
        table = SheetToWrite(self, name, header, longest)
        self._tables.append(table)
        return table

    def close(self) -> None:
        """Writes the file."""
        for table in self._tables:
            table.close()
        self.workbook.close()


@contextmanager
def open_spreadsheet(path: Path, made_at: datetime) -> Iterator[Spreadsheet]:
    """A spreadsheet that is complete when the block has ended without an error.

    The same rows and the same `made_at` give the same bytes.
    """
    book = Spreadsheet(path, made_at)
    try:
        yield book
    finally:
        # After an error too: only this closes and removes the parts of the file.
        book.close()


def is_number(value: float) -> bool:
    """Whether a cell can hold the value as a number, without loss."""
    return not isinstance(value, bool) and -_WHOLE_DIGITS < value < _WHOLE_DIGITS


def _cut(text: str) -> str:
    units = text.encode("utf-16-le")
    if len(units) <= CELL_UNITS * 2:
        return text
    # Half of a character at the cut is dropped.
    return units[: (CELL_UNITS - len(CUT)) * 2].decode("utf-16-le", "ignore") + CUT
