"""Looks into a spreadsheet's zip before it is unpacked: its directory, and its farthest cell."""

import re
import zipfile
from collections.abc import Iterator
from typing import BinaryIO

from deskhand.spreadsheets.table import Unreadable

MAX_UNPACKED = 200 * 1024 * 1024
MAX_RATIO = 100
MAX_ENTRIES = 1_000
# A sheet is held as a full rectangle, so one cell at XFD1048576 would need 17 billion places.
MAX_CELLS = 5_000_000
_BLOCK = 1024 * 1024
_ENCRYPTED = 0x1
# Small members compress well without being a bomb.
_SMALL = 1024 * 1024
_PLACE = re.compile(rb"""\br=["']([A-Z]{0,3})([0-9]{1,7})["']""")
_LONGEST_PLACE = 16
# A row or a cell of an ODS file; what repeats counts only where it is filled.
_ODS_TAG = re.compile(rb"<table:(table-row|(?:covered-)?table-cell|table)\b([^>]{0,4000})")
_REPEATED = re.compile(rb"""number-(?:rows|columns)-repeated=["']([0-9]{1,9})["']""")
_FILLED = re.compile(rb"value-type=|office:value|string-value")


def check_archive(file: BinaryIO, most: int = MAX_UNPACKED) -> str:
    """Whether it is "xlsx" or "ods"; raises Unreadable when it is neither, or not safe to read."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
            _check_directory(entries, most)
            names = {entry.filename for entry in entries}
            form = _form(names)
            _check_cells(archive, entries, form)
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise Unreadable(f"the file is a damaged zip: {error}") from None
    finally:
        file.seek(0)
    return form


def _check_directory(entries: list[zipfile.ZipInfo], most: int) -> None:
    if len(entries) > MAX_ENTRIES:
        raise Unreadable(f"the file has more than {MAX_ENTRIES:,} parts")
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        raise Unreadable("the file is encrypted: save it without a password")
    if sum(entry.file_size for entry in entries) > most:
        raise Unreadable(f"the file unpacks to more than {most // 1024**2} MiB")
    for entry in entries:
        if entry.file_size > max(_SMALL, MAX_RATIO * entry.compress_size):
            raise Unreadable(f"a part of the file unpacks to more than {MAX_RATIO} times its size")


def _form(names: set[str]) -> str:
    if "xl/workbook.bin" in names:
        raise Unreadable("XLSB files are not read: save it as XLSX or CSV")
    if "[Content_Types].xml" in names:
        return "xlsx"
    if "content.xml" in names:
        return "ods"
    raise Unreadable("the zip is no spreadsheet: send an XLSX, ODS, XLS or CSV file")


def _check_cells(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], form: str) -> None:
    for entry in entries:
        if form == "ods" and entry.filename == "content.xml":
            cells = _cells_of_ods(archive.read(entry))
        elif form == "xlsx" and not entry.filename.endswith("sharedStrings.xml"):
            cells = _cells_of_xlsx(_blocks(archive, entry))
        else:
            continue
        if cells > MAX_CELLS:
            raise Unreadable(
                f"a sheet spans more than {MAX_CELLS:,} cells: delete what stands far from the"
                " table, or save the file as CSV"
            )


def _cells_of_xlsx(blocks: Iterator[bytes]) -> int:
    """Rows by columns up to the farthest place that is named, whatever `<dimension>` says."""
    width, height = 1, 0
    for block in blocks:
        for column, row in set(_PLACE.findall(block)):
            width, height = max(width, _number(column)), max(height, int(row))
    return width * height


def _number(column: bytes) -> int:
    number = 0
    for letter in column:
        number = number * 26 + letter - 64
    return number


def _blocks(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """Blocks that overlap, so that no place is cut."""
    with archive.open(entry) as part:
        end = b""
        while block := part.read(_BLOCK):
            yield (whole := end + block)
            end = whole[-_LONGEST_PLACE:]


def _cells_of_ods(content: bytes) -> int:
    """Rows by columns of the largest sheet, what repeats counted in full where it is filled."""
    most = rows = width = repeated = column = filled = 0
    for tag, attributes in _ODS_TAG.findall(content):
        found = _REPEATED.search(attributes)
        times = int(found[1]) if found else 1
        if tag.endswith(b"table-cell"):
            column += times
            filled = column if _FILLED.search(attributes) else filled
            continue
        rows, width = rows + repeated * (filled > 0), max(width, filled)
        repeated, column, filled = times * (tag == b"table-row"), 0, 0
        if tag == b"table":
            most, rows, width = max(most, rows * width), 0, 0
    return max(most, (rows + repeated * (filled > 0)) * max(width, filled))
