"""Importing old tickets whose place in the catalog is known: in chunks, resumable, row by row."""

import csv
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from deskhand.api import body
from deskhand.api.fields import MAX_BODY, MAX_SUBJECT, not_blank
from deskhand.api.json_document import Malformed, fault_of, pointer
from deskhand.api.problem import Problem, problem_of
from deskhand.api.query import found, render
from deskhand.api.router import Api
from deskhand.catalog.loaded import active
from deskhand.catalog.model import Catalog, Entry
from deskhand.learning.import_rows import FAULT, of_document, of_lines, of_table
from deskhand.store import examples, imports
from deskhand.store.connection import connection, patient
from deskhand.store.examples import Imported

# A Lambda function is handed 6 MB at most, escaped into JSON.
MAX_BYTES = 4 * 1024 * 1024
MAX_ROWS = 10_000
_SHOWN_ERRORS = 100
_SHOWN_NAMES = 200
_JSON, _CSV = "application/json", "text/csv"
_LINES = ("application/x-ndjson", "application/jsonl")


def _storable(text: str) -> str:
    if fault := fault_of(text):
        raise PydanticCustomError("storable", fault)
    return text


def _absent(value: object) -> object:
    """Exports say null for what is not there."""
    return "" if value is None else value


def _spelled(value: object) -> object:
    """Exports number their tickets: the number as it is written."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


type Text = Annotated[str, AfterValidator(_storable)]
type ImportId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,100}$")]


class Chunk(BaseModel):
    """Some rows of an import, the first of which is number `offset` of all."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    import_id: ImportId = Field(description="Chosen by you, the same for all chunks")
    offset: int = Field(0, ge=0, le=1_000_000_000, description="`next_offset` of the chunk before")
    rows: list[dict[str, JsonValue]] = Field(
        min_length=1,
        max_length=MAX_ROWS,
        description="Each with `external_id`, `subject` or `body`, `category`, `request_type`;"
        " other members do not count",
    )


class Row(BaseModel):
    """An old ticket under the names that exports of help desks use."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    external_id: Annotated[
        Text, StringConstraints(min_length=1, max_length=200), BeforeValidator(_spelled)
    ] = Field(validation_alias=AliasChoices("external_id", "id", "ticket_id"))
    subject: Annotated[Text, BeforeValidator(_absent)] = Field(
        "", validation_alias=AliasChoices("subject", "title")
    )
    body: Annotated[Text, BeforeValidator(_absent)] = Field(
        "", validation_alias=AliasChoices("body", "description", "text")
    )
    category: Annotated[Text, AfterValidator(not_blank)] = Field(
        validation_alias=AliasChoices("category", "label")
    )
    request_type: Text | None = Field(None, validation_alias=AliasChoices("request_type", "type"))

    def imported(self, entry: Entry) -> Imported:
        """As it is stored: a ticket without a subject has its first line as one."""
        subject = self.subject.strip() or self.body.strip().partition("\n")[0]
        if not subject:
            raise ValueError("/body", "neither subject nor body says anything")
        text = self.body if len(self.subject) <= MAX_SUBJECT else f"{self.subject}\n{self.body}"
        return Imported(
            self.external_id,
            subject[:MAX_SUBJECT],
            text[:MAX_BODY],
            entry.category.name,
            entry.request.name,
        )


type Error = tuple[int, str, str]


def receive(api: Api) -> Response[str]:
    """200 with the import's state after this chunk, of which all is done or nothing.

    A chunk that was received before changes nothing; raises a 409 Problem for one that leaves a
    gap, and where no catalog is in force.
    """
    chunk = _chunk(api)
    with connection() as conn, patient(conn, 20):
        loaded = active(conn)
        if loaded is None:
            raise Problem(HTTPStatus.CONFLICT, "no service catalog is in force")
        received = imports.hold(conn, chunk.import_id, api.caller.id)
        _check_offset(chunk, received)
        fresh = chunk.rows[received - chunk.offset :]
        taken, errors = _sorted_out(fresh, received, loaded.catalog)
        # Of two rows with one id the later counts, as in two chunks.
        examples.put(conn, chunk.import_id, list({row.external_id: row for row in taken}.values()))
        imports.advance(conn, chunk.import_id, len(taken), errors)
        state = found(imports.shown(conn, chunk.import_id), "import")
    shown = [{"row": row, "pointer": at, "detail": why} for row, at, why in errors]
    return api.answer(HTTPStatus.OK, render({**state, "errors": shown[:_SHOWN_ERRORS]}))


def show(api: Api, import_id: str) -> Response[str]:
    """200 with the import's state, and its first errors."""
    with connection() as conn:
        state = found(imports.shown(conn, import_id), "import")
    return api.answer(HTTPStatus.OK, render(state))


def take_back(api: Api, import_id: str) -> Response[str]:
    """204: the import and its rows are gone; what was learnt from them is learnt anew without."""
    with connection() as conn, patient(conn, 20):
        found(imports.take_back(conn, import_id), "import")
    return api.nothing()


def _check_offset(chunk: Chunk, received: int) -> None:
    if chunk.offset > received:
        detail = f"rows before it are missing; go on with offset {received}"
        raise problem_of(HTTPStatus.CONFLICT, "/offset", detail)


def _sorted_out(
    rows: list[dict[str, JsonValue]], first: int, known: Catalog
) -> tuple[list[Imported], list[Error]]:
    """The rows that can be learnt from, and what is wrong with the others."""
    taken: list[Imported] = []
    errors: list[Error] = []
    for number, row in enumerate(rows, first):
        try:
            taken.append(_imported(row, known))
        except ValidationError as error:
            errors += [(number, _place(e["loc"]), _why(e, row)) for e in error.errors()]
        except ValueError as error:
            errors.append((number, *error.args))
    return taken, errors


def _imported(row: dict[str, JsonValue], known: Catalog) -> Imported:
    if isinstance(fault := row.get(FAULT), list):
        raise ValueError(*fault)
    # Of two names that differ in case only, the first one counts.
    named = {name.strip().casefold(): value for name, value in reversed(row.items())}
    old = Row.model_validate(named)
    entry = _entry(old, known)
    if entry is None:
        raise ValueError("/category", "category and request_type are no pair of the catalog")
    return old.imported(entry)


def _why(error: ErrorDetails, row: dict[str, JsonValue]) -> str:
    if error["type"] != "missing":
        return error["msg"]
    names = ", ".join(row)[:_SHOWN_NAMES] or "nothing"
    return f"{error['msg']}; the row has {names}"


def _entry(row: Row, known: Catalog) -> Entry | None:
    """The catalog's entry; the request type may be left out where the category has just one."""
    if row.request_type:
        return known.find(row.category, row.request_type)
    same = [e for e in known.entries if known.find(row.category, e.request.name) is e]
    return same[0] if len(same) == 1 else None


def _place(location: tuple[int | str, ...]) -> str:
    return pointer(*(part for part in location if part != "str"))


def _chunk(api: Api) -> Chunk:
    """The chunk, whichever form it has; raises a Problem that names what is wrong."""
    event = api.current_event
    sent = body.raw(event, (_JSON, *_LINES, _CSV), MAX_BYTES)
    kind = body.media_type(event)
    if kind == _JSON:
        return body.validated(Chunk, _document(sent))
    query = event.query_string_parameters or {}
    try:
        rows = list(of_lines(sent) if kind in _LINES else of_table(sent, MAX_BYTES))
    except (UnicodeDecodeError, csv.Error) as error:
        raise Problem(HTTPStatus.BAD_REQUEST, f"the body is not {kind}: {error}") from None
    offset = query.get("offset", "0")
    place = int(offset) if offset.isascii() and offset.isdigit() and len(offset) < 10 else offset
    return body.validated(
        Chunk, {"import_id": query.get("import_id"), "offset": place, "rows": rows}
    )


def _document(sent: bytes) -> Any:
    try:
        return of_document(sent)
    except Malformed as error:
        raise problem_of(HTTPStatus.BAD_REQUEST, error.pointer, error.detail) from None
