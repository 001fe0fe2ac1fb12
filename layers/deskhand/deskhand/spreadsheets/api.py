"""Tables in the bodies of requests, and the columns that the query gives."""

import io
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

from deskhand.api.json_document import Malformed, parse
from deskhand.api.problem import Problem, problem_of
from deskhand.spreadsheets.columns import Columns, Field, UnknownColumn, columns_of, missing
from deskhand.spreadsheets.read import read_table
from deskhand.spreadsheets.table import Table, Unreadable

# The media types of tables. Its bytes say what a body is: browsers send any of these.
TABLES = (
    "text/csv",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.ms-excel",
    "application/gzip",
    "application/octet-stream",
)
JSON_ROWS = ("application/json", "application/x-ndjson", "application/jsonl")
# A Lambda function receives at most 6 MB, and a body that is no text is a third longer on the way.
MAX_BYTES = 4 * 1024 * 1024
MAX_UNPACKED = 64 * 1024 * 1024


def open_table(sent: bytes, given: Mapping[str, str]) -> tuple[Table, Columns]:
    """The table in a body with its columns; raises a 400 or 422 Problem."""
    try:
        table = read_table(io.BytesIO(sent), MAX_UNPACKED)
        return table, columns_of(table.header, given)
    except Unreadable as error:
        raise Problem(HTTPStatus.BAD_REQUEST, f"the table cannot be read: {error}") from None
    except UnknownColumn as error:
        raise problem_of(
            HTTPStatus.UNPROCESSABLE_ENTITY, f"/mapping/{error.field}", str(error)
        ) from None


def check_columns(table: Table, columns: Columns, *groups: tuple[Field, ...]) -> None:
    """Raises a 422 Problem for each group of fields of which none has a column."""
    faults = missing(columns, table.header, *groups)
    if faults:
        wrong = [(f"/mapping/{field}", said) for field, said in faults.items()]
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "the columns are not known", wrong)


def given_mapping(event: APIGatewayProxyEvent) -> dict[str, str]:
    """The columns in the query's `mapping`, a JSON object; raises a 422 Problem."""
    text = (event.query_string_parameters or {}).get("mapping")
    if not text:
        return {}
    try:
        value: Any = parse(text.encode())
    except Malformed as error:
        raise problem_of(
            HTTPStatus.UNPROCESSABLE_ENTITY, "/mapping", f"no JSON object: {error.detail}"
        ) from None
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise problem_of(
            HTTPStatus.UNPROCESSABLE_ENTITY, "/mapping", "must be an object of fields and columns"
        )
    return value
