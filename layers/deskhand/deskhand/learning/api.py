"""HTTP routes of imports of old tickets: chunks in three formats, the state, deletion."""

from collections.abc import Iterator
from http import HTTPStatus
from itertools import islice
from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api import body
from deskhand.api.json_document import Malformed
from deskhand.api.problem import problem_of
from deskhand.api.render import render
from deskhand.api.router import Api
from deskhand.learning.import_rows import REQUIRED, of_document, of_lines, of_table
from deskhand.learning.import_tickets import MAX_ROWS, Chunk, store_chunk
from deskhand.refusals import existing
from deskhand.spreadsheets.api import (
    MAX_BYTES,
    TABLES,
    check_columns,
    given_mapping,
    open_table,
)
from deskhand.store import import_progress
from deskhand.store.connection import connection, patient

_SHOWN_ERRORS = 100
_JSON = "application/json"
_LINES = ("application/x-ndjson", "application/jsonl")


def import_chunk(api: Api) -> Response[str]:
    """200 with the import's state after this chunk, and its first errors."""
    chunk = _chunk(api)
    with connection() as conn, patient(conn, 20):
        state, errors = store_chunk(conn, chunk, api.caller.id)
    shown = [{"row": row, "pointer": at, "detail": why} for row, at, why in errors]
    return api.answer(HTTPStatus.OK, render({**state, "errors": shown[:_SHOWN_ERRORS]}))


def show_import(api: Api, import_id: str) -> Response[str]:
    """200 with the import's state, and its first errors."""
    with connection() as conn:
        state = existing(import_progress.import_state(conn, import_id), "import")
    return api.answer(HTTPStatus.OK, render(state))


def delete_import(api: Api, import_id: str) -> Response[str]:
    """204: the import and its rows are deleted; the next training excludes them."""
    with connection() as conn, patient(conn, 20):
        existing(import_progress.delete_import(conn, import_id), "import")
    return api.nothing()


def _chunk(api: Api) -> Chunk:
    """The chunk in any of its formats; raises a Problem that names the error."""
    event = api.current_event
    sent = body.raw_body(event, (_JSON, *_LINES, *TABLES), MAX_BYTES)
    kind = body.media_type(event)
    if kind == _JSON:
        return body.validate(Chunk, _document(sent))
    query = event.query_string_parameters or {}
    rows = of_lines(sent) if kind in _LINES else _table(sent, given_mapping(event))
    offset = query.get("offset", "0")
    place = int(offset) if offset.isascii() and offset.isdigit() and len(offset) < 10 else offset
    chunk = {"import_id": query.get("import_id"), "offset": place}
    # A row more than there may be shows that there are too many.
    return body.validate(Chunk, {**chunk, "rows": list(islice(rows, MAX_ROWS + 1))})


def _table(sent: bytes, given: dict[str, str]) -> Iterator[dict[str, Any]]:
    table, columns = open_table(sent, given)
    check_columns(table, columns, *REQUIRED)
    return of_table(table, columns)


def _document(sent: bytes) -> Any:
    try:
        return of_document(sent)
    except Malformed as error:
        raise problem_of(HTTPStatus.BAD_REQUEST, error.pointer, error.detail) from None
