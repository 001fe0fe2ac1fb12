"""Reads XLSX, XLS and ODS files with calamine: only the functions that import files load it."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from typing import BinaryIO, Literal

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from deskhand.spreadsheets.archive import MAX_UNPACKED, check_archive
from deskhand.spreadsheets.table import (
    MAX_FIELD,
    Cell,
    Counts,
    Header,
    Table,
    Unreadable,
    records_of,
)

ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def read_workbook(file: BinaryIO, most: int = MAX_UNPACKED) -> Table:
    """The first visible sheet that has rows; raises Unreadable when there is none."""
    form = _form(file, most)
    try:
        book = CalamineWorkbook.from_filelike(file)
        name, sheet = _sheet(book)
    except CalamineError as error:
        raise Unreadable(f"the spreadsheet cannot be read: {error}") from None
    rows = _rows(sheet)
    for _, cells in rows:
        if any(cell != "" for cell in cells):
            break
    header = Header([str(cell) for cell in cells])
    others = [other.name for other in book.sheets_metadata if other.name != name]
    counts = Counts()
    return Table(
        form=form,
        header=header.names,
        records=records_of(header, _checked(rows), counts),
        unit="row",
        notes=(f"only the sheet {name!r} was read",) if others else (),
        counts=counts,
    )


def _form(file: BinaryIO, most: int) -> Literal["xlsx", "xls", "ods"]:
    start = file.read(len(OLE))
    file.seek(0)
    if start == OLE:
        return "xls"
    return "ods" if check_archive(file, most) == "ods" else "xlsx"


def _sheet(book: CalamineWorkbook) -> tuple[str, CalamineSheet]:
    for each in book.sheets_metadata:
        is_shown = each.visible == SheetVisibleEnum.Visible and each.typ == SheetTypeEnum.WorkSheet
        if is_shown:
            sheet = book.get_sheet_by_name(each.name)
            if sheet.height > 0:
                return each.name, sheet
    raise Unreadable("the file has no rows")


def _rows(sheet: CalamineSheet) -> Iterator[tuple[int, list[Cell]]]:
    for number, row in enumerate(sheet.iter_rows(), 1):
        yield number, [_cell(value) for value in row]


def _checked(
    rows: Iterator[tuple[int, list[Cell]]],
) -> Iterator[tuple[int, Sequence[Cell] | str]]:
    for number, cells in rows:
        long = any(isinstance(cell, str) and len(cell) > MAX_FIELD for cell in cells)
        yield number, f"a field has more than {MAX_FIELD:,} characters" if long else cells


def _cell(value: object) -> Cell:
    """Text as it is, real dates as dates, and numbers as people type them: no `.0` for whole."""
    match value:
        case str() | datetime():
            return value
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case date():
            return datetime.combine(value, time())
        case _:
            return str(value)
