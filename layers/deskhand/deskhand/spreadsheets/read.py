"""Reads a table from the bytes of a file, whatever its name says it is."""

import gzip
import io
import zlib
from typing import BinaryIO

from deskhand.spreadsheets.archive import MAX_UNPACKED
from deskhand.spreadsheets.csv_table import read_csv
from deskhand.spreadsheets.json_table import is_json, read_json
from deskhand.spreadsheets.table import MAX_FIELD, Table, Unreadable

_GZIP = b"\x1f\x8b"
_WORKBOOKS = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0")
_BLOCK = 1024 * 1024
_LOOKED_AT = 64


def read_table(file: BinaryIO, most: int = MAX_UNPACKED, longest: int = MAX_FIELD) -> Table:
    """The table of a CSV, JSON, XLSX, XLS or ODS file, also compressed with gzip; closes the file.

    Raises Unreadable, also for a file that unpacks to more than `most` bytes.
    """
    file = _unpacked(file, most)
    start = file.read(_LOOKED_AT)
    file.seek(0)
    if is_json(start):
        return read_json(file)
    if start.startswith(_WORKBOOKS):
        # Loaded only for spreadsheets: most files are CSV.
        from deskhand.spreadsheets.workbook import read_workbook

        return read_workbook(file, most)
    return read_csv(file, longest)


def is_workbook(start: bytes) -> bool:
    """Whether a file that begins so is a spreadsheet or compressed, and not text."""
    return start.startswith((*_WORKBOOKS, _GZIP))


def _unpacked(file: BinaryIO, most: int) -> BinaryIO:
    if file.read(2) != _GZIP:
        file.seek(0)
        return file
    file.seek(0)
    whole = io.BytesIO()
    try:
        with gzip.open(file) as packed:
            while block := packed.read(_BLOCK):
                whole.write(block)
                if whole.tell() > most:
                    raise Unreadable(f"the file unpacks to more than {most // 1024**2} MiB")
    except (OSError, EOFError, zlib.error) as error:
        raise Unreadable(f"the file is a damaged gzip: {error}") from None
    whole.seek(0)
    return whole
