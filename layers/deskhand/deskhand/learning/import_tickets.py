"""Imports old tickets whose request type is known: in chunks, resumable, row by row."""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from deskhand.api.fields import MAX_SUBJECT, not_blank
from deskhand.api.json_document import fault_of, pointer
from deskhand.catalog.loaded import in_force
from deskhand.catalog.model import Catalog, Entry
from deskhand.learning.import_rows import FAULT
from deskhand.refusals import Conflict, existing
from deskhand.spreadsheets.columns import Columns, columns_of
from deskhand.spreadsheets.dates import date_in, dates_of
from deskhand.store import examples, import_progress
from deskhand.store.connection import Connection
from deskhand.store.examples import ImportedTicket
from deskhand.ticket import MODEL_CHARACTERS

MAX_ROWS = 10_000
_SHOWN_NAMES = 200


def _storable(text: str) -> str:
    if fault := fault_of(text):
        raise PydanticCustomError("storable", fault)
    return text


def _absent(value: object) -> object:
    """Exports write null for a missing text."""
    return "" if value is None else value


def _spelled(value: object) -> object:
    """Exports use numbers as ids: the number as text."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _instant(value: object) -> datetime | None:
    """The date in a text; None where it is none, or leaves the order of day and month open: a
    ticket is not lost for its date."""
    if not isinstance(value, str) or dates_of([value]).asks:
        return None
    return date_in(value, None, UTC)


type Text = Annotated[str, AfterValidator(_storable)]
type ImportId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,100}$")]


class Chunk(BaseModel):
    """Consecutive rows of an import; `offset` is the position of the first."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    import_id: ImportId = Field(description="Chosen by you, the same for all chunks")
    offset: int = Field(0, ge=0, le=1_000_000_000, description="`next_offset` of the chunk before")
    rows: list[dict[str, JsonValue]] = Field(
        min_length=1,
        max_length=MAX_ROWS,
        description="Each with `external_id`, `subject` or `body`, `category`, `request_type` and"
        " `created_at`, by which triage is tried on what came later, or"
        " the names that help desks export them by; other members do not count",
    )


class Row(BaseModel):
    """An old ticket, its members named as the API names them."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    external_id: Annotated[
        Text, StringConstraints(min_length=1, max_length=200), BeforeValidator(_spelled)
    ]
    subject: Annotated[Text, BeforeValidator(_absent)] = ""
    body: Annotated[Text, BeforeValidator(_absent)] = ""
    category: Annotated[Text, AfterValidator(not_blank)]
    request_type: Text | None = None
    created_at: Annotated[datetime | None, BeforeValidator(_instant)] = None

    def old_ticket(self, entry: Entry) -> ImportedTicket:
        """The row as it is stored: without a subject, the first line becomes the subject."""
        subject = self.subject.strip() or self.body.strip().partition("\n")[0]
        if not subject:
            raise ValueError("/body", "neither subject nor body says anything")
        text = self.body if len(self.subject) <= MAX_SUBJECT else f"{self.subject}\n{self.body}"
        return ImportedTicket(
            self.external_id,
            subject[:MAX_SUBJECT],
            text[:MODEL_CHARACTERS],
            entry.category.name,
            entry.request.name,
            self.created_at,
        )


type Error = tuple[int, str, str]


def store_chunk(
    conn: Connection, chunk: Chunk, caller_id: str
) -> tuple[dict[str, Any], list[Error]]:
    """Stores a chunk completely or not at all; returns the import's state and the errors of rows.

    A repeated chunk changes nothing. Raises Conflict for a chunk that leaves a gap, and
    CatalogMissing.
    """
    known = in_force(conn).catalog
    received = import_progress.lock_import(conn, chunk.import_id, caller_id)
    _check_offset(chunk, received)
    fresh = chunk.rows[received - chunk.offset :]
    taken, errors = _sorted_out(fresh, received, known)
    # Of two rows with the same id the later one counts, as across chunks.
    examples.put(conn, chunk.import_id, list({row.external_id: row for row in taken}.values()))
    import_progress.advance(conn, chunk.import_id, len(taken), errors)
    return existing(import_progress.import_state(conn, chunk.import_id), "import"), errors


def _check_offset(chunk: Chunk, received: int) -> None:
    if chunk.offset > received:
        detail = f"rows before it are missing; go on with offset {received}"
        raise Conflict(detail, "/offset")


def _sorted_out(
    rows: list[dict[str, JsonValue]], first: int, known: Catalog
) -> tuple[list[ImportedTicket], list[Error]]:
    """The usable rows, and the errors of the others."""
    taken: list[ImportedTicket] = []
    errors: list[Error] = []
    for number, row in enumerate(rows, first):
        try:
            taken.append(_imported(row, known))
        except ValidationError as error:
            names = _columns(tuple(row)).of
            errors += [(number, _place(e["loc"], names), _why(e, row)) for e in error.errors()]
        except ValueError as error:
            errors.append((number, *error.args))
    return taken, errors


def _imported(row: dict[str, JsonValue], known: Catalog) -> ImportedTicket:
    if isinstance(fault := row.get(FAULT), list):
        raise ValueError(*fault)
    columns = _columns(tuple(row))
    old = Row.model_validate({field: row[name] for field, name in columns.of.items()})
    entry = _entry(old, known)
    if entry is None:
        raise ValueError("/category", "category and request_type are no pair of the catalog")
    return old.old_ticket(entry)


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


def _place(location: tuple[int | str, ...], names: Mapping[Any, str]) -> str:
    """The JSON pointer, with the name that the row itself has for the member."""
    return pointer(*(names.get(part, part) for part in location if part != "str"))


@lru_cache(maxsize=256)
def _columns(names: tuple[str, ...]) -> Columns:
    return columns_of(names)
