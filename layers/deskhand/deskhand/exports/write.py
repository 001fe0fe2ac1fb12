"""Writes the exports that wait: one list at one moment, page by page, into a file of the bucket."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qs

from deskhand.api.query import filter_of
from deskhand.exports.files import MEDIA_TYPES, OPEN, Row
from deskhand.logs import log
from deskhand.reports import bucket
from deskhand.safety.secrets.hiding import hide_in
from deskhand.settings.environment import settings
from deskhand.spreadsheets.write import SHEET_ROWS
from deskhand.store import exports, ticket_lists
from deskhand.store.connection import Connection, connection, own_connection
from deskhand.store.exports import Claimed
from deskhand.store.invariants.check import one_moment
from deskhand.store.ticket_filter import Filter

PAGE = 1_000
# One row is the header.
MOST_XLSX = SHEET_ROWS - 1
_STATEMENT_SECONDS = 60


class Replaced(Exception):
    """Another function writes the export by now, since this one was silent for too long; or it was
    deleted."""


def write_exports() -> dict[str, Any]:
    """Writes the oldest export that waits; one for each call, so that each has all the time."""
    with connection() as conn:
        exports.forget(conn, settings().report_days)
        claimed = exports.claim(conn)
        if claimed is None:
            return {"export": None}
        told = {"export": str(claimed.id)}
        try:
            result = _write(conn, claimed)
            if not exports.finish(conn, claimed, result):
                bucket.delete(result["object_key"])
                raise Replaced
        except Exception as error:
            # The name alone: a message may quote a ticket.
            told["error"] = type(error).__name__
            exports.fail(conn, claimed, told["error"])
            log.error("export failed", extra=told)
            return told
    log.info("export done", extra={**told, "rows": result["rows"]})
    return {**told, "rows": result["rows"]}


def _write(conn: Connection, claimed: Claimed) -> dict[str, Any]:
    """The file of an export, from one snapshot of the tickets, and what there is to say of it."""
    wanted = filter_of(parse_qs(claimed.query))
    with TemporaryDirectory() as folder:
        # A connection of its own: a snapshot is read while the progress is written. It ends before
        # the file is packed: the server closes a transaction that is idle for so long.
        with (
            ExitStack() as files,
            own_connection(wait_seconds=None) as reading,
            one_moment(reading, _STATEMENT_SECONDS),
        ):
            rows, at = exports.count(reading, wanted)
            kind, note = _format(claimed.format, rows)
            path = Path(folder) / f"tickets-{claimed.created_at:%Y-%m-%d}.{kind}"
            append = files.enter_context(OPEN[kind](path, at))
            noting = _noting(conn, claimed, rows)
            written = 0
            for page in _pages(reading, wanted):
                append(hide_in(page))
                written += len(page)
                noting(written)
        if written != rows:
            raise RuntimeError("the pages have other tickets than the list")
        # Of this try: a writer that was replaced overwrites nothing.
        key = f"exports/{claimed.id}/{claimed.tries}/{path.name}"
        bucket.put(path, key, MEDIA_TYPES[kind])
        return {"rows": rows, "listed_at": at, "object_key": key, "format": kind,
                "bytes": path.stat().st_size, "note": note}  # fmt: skip


def _format(asked: str, rows: int) -> tuple[str, str | None]:
    """The format that takes so many rows, and why it is another one than asked for."""
    if asked == "xlsx" and rows > MOST_XLSX:
        return "csv", f"a sheet takes {MOST_XLSX:,} rows, so this is CSV"
    return asked, None


def _pages(conn: Connection, wanted: Filter) -> Iterator[list[Row]]:
    """All tickets of the list in its order."""
    before = None
    while page := ticket_lists.following(conn, wanted, before, PAGE):
        yield page
        before = ticket_lists.cursor_of(page[-1], "newest")


def _noting(conn: Connection, claimed: Claimed, rows: int) -> Callable[[int], None]:
    def note(written: int) -> None:
        if not exports.note_written(conn, claimed, written, rows):
            raise Replaced

    return note
