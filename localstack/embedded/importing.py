"""Imports old tickets from a file into the running stack, in chunks; an interrupted import
continues.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import httpx
from rich.progress import Progress

from deskhand.learning.import_rows import REQUIRED
from deskhand.spreadsheets.columns import UnknownColumn, columns_of, missing
from deskhand.spreadsheets.fields import texts_of
from deskhand.spreadsheets.json_table import is_json
from deskhand.spreadsheets.read import is_workbook, read_table
from deskhand.spreadsheets.table import Record, Table, Unreadable, Value
from embedded.errors import EmbeddedError

_ROWS = 500
# The limit of a chunk, and so of a row: the API takes 4 MiB, and quoting may double the size on the
# way to Lambda.
_BYTES = 2 * 1024 * 1024
_SHOWN = 20
_LOOKED_AT = 64
# Names of files that hold JSON, also when their first line is a bad one.
_JSON = (".json", ".jsonl", ".ndjson")
# The API's field names for a row; other columns are ignored.
COLUMNS = (
    "needed columns (in any case, in the first line of a table; the names that Zendesk, Jira,\n"
    "ServiceNow, Freshdesk, Freshservice, Zammad, osTicket and GLPI give them are known):\n"
    "  external_id   or id, ticket_id: the number of the ticket in the old system\n"
    "  subject       or title, summary\n"
    "  body          or description, text: one of subject and body is enough\n"
    "  category      or label: the name of a category of the catalog in force\n"
    "  request_type  or type: may be missing where the category has only one"
)
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Row:
    """One line of JSON as it is sent, and the line of the file on which the row begins.

    `fault` says why the row itself cannot be sent; the API refuses what is sent in its place. For a
    row of a JSON array, `line` is the number of its element.
    """

    line: int
    sent: bytes
    fault: str = ""
    unit: str = "line"

    @property
    def place(self) -> str:
        """Return the place of the row in the file, for people."""
        return f"{self.unit} {self.line}"


type _Named = Callable[[dict[str, Value]], Mapping[str, Any]]


def rows(path: Path, name: Callable[[Table], _Named] = lambda _: dict) -> Iterator[Row]:
    """Yield the rows of a table with a header, of a JSON array, or of JSON lines.

    CSV and lines are read one at a time, an array and a spreadsheet as a whole. `name` may rename
    the members of a table's rows.
    """
    try:
        with path.open("rb") as file:
            if is_table(path):
                table = read_table(file, longest=_BYTES)
                named = name(table)
                yield from (_of_record(record, table, named) for record in table.records)
            else:
                yield from _elements(file) if _is_array(file) else _objects(file)
    except OSError as error:
        raise EmbeddedError(f"{path} cannot be read: {error.strerror}") from None
    except Unreadable as error:
        raise EmbeddedError(f"{path} cannot be read: {error}") from None


def is_table(path: Path) -> bool:
    """Return whether a file is a table by its bytes, as the API decides; JSON is none."""
    with path.open("rb") as file:
        start = file.read(_LOOKED_AT)
    named_json = path.suffix.lower() in _JSON
    return is_workbook(start) or not (named_json or is_json(start))


def as_fields(table: Table, given: Mapping[str, str] | None = None) -> _Named:
    """Return how a table's records get the API's names, some by `given` columns; raise
    EmbeddedError for missing columns.
    """
    try:
        columns = columns_of(table.header, given)
    except UnknownColumn as error:
        raise EmbeddedError(f"MAPPING: {error.field} {error}") from None
    if faults := missing(columns, table.header, *REQUIRED):
        raise EmbeddedError("\n".join([*faults.values(), COLUMNS]))
    return lambda values: texts_of(values, columns)


def import_file(
    base_url: str, token: str, path: Path, given: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Import a file and return the import's last state; the same file continues where it was
    interrupted. `given` names the columns of fields.
    """
    try:
        with path.open("rb") as file:
            import_id = hashlib.file_digest(file, "sha256").hexdigest()[:32]
    except OSError as error:
        raise EmbeddedError(f"{path} cannot be read: {error.strerror}") from None
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/x-ndjson"}
    with httpx.Client(base_url=base_url, headers=headers, timeout=60, trust_env=False) as client:
        return _send(
            client, import_id, partial(rows, path, partial(as_fields, given=given)), path.name
        )


def summary(state: dict[str, Any]) -> str:
    """Return a summary of an import, with the accepted columns when nothing was stored."""
    counts = f"{state['next_offset']} rows: {state['stored']} stored, {state['rejected']} refused"
    if not state["stored"]:
        return f"{counts}\n{COLUMNS}"
    waiting = f"{state['unread']} examples wait to be read"
    return f"{counts}; {waiting}.\n/analytics/quality shows what was learnt from them"


def _send(
    client: httpx.Client, import_id: str, read: Callable[[], Iterator[Row]], name: str
) -> dict[str, Any]:
    total = sum(1 for _ in read())
    if not total:
        raise EmbeddedError(f"{name} has no rows")
    known = client.get(f"/tickets/imports/{import_id}")
    state = known.json() if known.status_code == httpx.codes.OK else {"next_offset": 0}
    with Progress() as progress:
        bar = progress.add_task(name, total=total, completed=state["next_offset"])
        for chunk in _chunks(islice(read(), state["next_offset"], None)):
            offset = state["next_offset"]
            state = _post(client, import_id, offset, chunk)
            progress.update(bar, completed=state["next_offset"])
            for error in state["errors"][:_SHOWN]:
                progress.print(_told(chunk[error["row"] - offset], error), markup=False)
    return state


def _told(row: Row, error: dict[str, Any]) -> str:
    return f"{row.place}: {row.fault or ' '.join((error['pointer'], error['detail'])).strip()}"


def _chunks(left: Iterable[Row]) -> Iterator[list[Row]]:
    chunk: list[Row] = []
    size = 0
    for row in left:
        if chunk and (len(chunk) == _ROWS or size + len(row.sent) > _BYTES):
            yield chunk
            chunk, size = [], 0
        chunk.append(row)
        size += len(row.sent) + 1
    if chunk:
        yield chunk


def _post(client: httpx.Client, import_id: str, offset: int, chunk: Sequence[Row]) -> Any:
    query = {"import_id": import_id, "offset": str(offset)}
    body = b"\n".join(row.sent for row in chunk)
    answer = client.post("/tickets/import", params=query, content=body)
    if answer.status_code != httpx.codes.OK:
        raise EmbeddedError(f"{chunk[0].place}: {answer.status_code} {answer.text[:500]}")
    return answer.json()


def _objects(file: BinaryIO) -> Iterator[Row]:
    """Yield the lines of a file; the API checks what is in a line."""
    for number, line in enumerate(_lines(file), 1):
        sent = line.removeprefix(_BOM).strip() if number == 1 else line.strip()
        if not sent:
            continue
        try:
            sent.decode()
        except UnicodeDecodeError:
            # A line that was cut may end within a character, so it is not reported as bad UTF-8.
            yield _faulty(number, "not UTF-8") if len(line) <= _BYTES else _row(number, line)
        else:
            yield _row(number, sent)


def _is_array(file: BinaryIO) -> bool:
    """Return whether the first character that is not blank opens a JSON array."""
    blank = _BOM + b" \t\r\n"
    while (character := file.read(1)) and character in blank:
        pass
    file.seek(0)
    return character == b"["


def _elements(file: BinaryIO) -> Iterator[Row]:
    """Yield each element of a JSON array; its number takes the place of the line."""
    try:
        elements = json.loads(file.read().removeprefix(_BOM))
    except (ValueError, RecursionError) as error:
        raise EmbeddedError(f"{file.name} is not a JSON array: {error}") from None
    for number, element in enumerate(elements, 1):
        yield replace(_row(number, json.dumps(element).encode()), unit="element")


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Yield each line; of one that is too long, only enough to detect it."""
    while line := file.readline(_BYTES + 1):
        yield line
        while len(line) > _BYTES and not line.endswith(b"\n"):
            line = file.readline(_BYTES + 1)


def _of_record(record: Record, table: Table, named: _Named) -> Row:
    if record.fault:
        row = _faulty(record.place, record.fault)
    else:
        row = _row(record.place, _json(named(record.values)))
    return replace(row, unit=table.unit)


def _json(values: Mapping[str, Any]) -> bytes:
    # Dates as ISO 8601; a repeated column is a list.
    return json.dumps(values, ensure_ascii=False, default=str).encode()


def _row(line: int, sent: bytes) -> Row:
    return Row(line, sent) if len(sent) <= _BYTES else _faulty(line, f"longer than {_BYTES} bytes")


def _faulty(line: int, why: str) -> Row:
    return Row(line, json.dumps(why).encode(), why)
