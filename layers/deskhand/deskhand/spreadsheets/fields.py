"""The fields of a ticket in the records of a table."""

from datetime import datetime

from deskhand.spreadsheets.columns import Columns, Field
from deskhand.spreadsheets.table import Value


def fields_of(values: dict[str, Value], columns: Columns) -> dict[Field, str | datetime]:
    """The filled fields of a record. Of a repeated column, texts are joined, and of all others the
    first cell counts."""
    found: dict[Field, str | datetime] = {}
    for field, column in columns.of.items():
        value = values.get(column)
        if isinstance(value, list):
            value = "\n\n".join(map(str, value)) if field == "body" else value[0]
        if value is not None:
            found[field] = value
    return found


def texts_of(values: dict[str, Value], columns: Columns) -> dict[str, str]:
    """The same as texts, dates as ISO 8601."""
    return {
        field: value.isoformat(" ") if isinstance(value, datetime) else value
        for field, value in fields_of(values, columns).items()
    }
