"""Writes rows of tickets as CSV or XLSX. Text stays text, whatever it begins with."""

import csv
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deskhand.spreadsheets.write import open_spreadsheet

type Row = dict[str, Any]

# The columns, and about how long their values are.
COLUMNS = {
    "id": 36, "kind": 8, "subject": 60, "title": 60, "customer_id": 20, "department": 20,
    "tags": 30, "status": 8, "assignee": 20, "category": 20, "request_type": 24, "priority": 8,
    "confidence": 10, "needs_review": 6, "escalation_level": 6, "route": 24, "due_at": 24,
    "duplicate_of": 36, "ai_status": 10, "created_at": 24, "updated_at": 24,
    "workflow_run_id": 10, "workflow_status": 12, "finished_at": 24,
}  # fmt: skip
# A spreadsheet program reads a cell that begins so as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def values(row: Row) -> Iterator[str | float | None]:
    """The cells of a ticket: ids and times as text, times in UTC."""
    for name in COLUMNS:
        value = row[name]
        if value is None or isinstance(value, float | str):
            yield value
        elif isinstance(value, datetime):
            yield value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        elif isinstance(value, bool):
            yield str(value).lower()
        elif isinstance(value, list):
            yield ", ".join(value)
        elif isinstance(value, int):
            yield float(value)
        else:
            yield str(value)


def inert(value: str | float | None) -> str | float | None:
    """The value of a CSV cell; text that could be a formula gets an apostrophe before it."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


@contextmanager
def open_csv(path: Path, _: datetime) -> Iterator[Callable[[Iterable[Row]], None]]:
    """A CSV file in UTF-8, with the mark by which Excel knows that it is."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        yield lambda rows: writer.writerows(map(inert, values(row)) for row in rows)


@contextmanager
def open_xlsx(path: Path, made_at: datetime) -> Iterator[Callable[[Iterable[Row]], None]]:
    """An XLSX file with one sheet."""
    with open_spreadsheet(path, made_at) as book:
        table = book.add_table("Tickets", list(COLUMNS), list(COLUMNS.values()))
        yield lambda rows: table.extend(list(values(row)) for row in rows)


OPEN = {"csv": open_csv, "xlsx": open_xlsx}
MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
