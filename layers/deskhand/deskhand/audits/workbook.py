"""The findings as a spreadsheet: a summary, and one sheet for each kind."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from deskhand.audits.summary import SUMMARY
from deskhand.spreadsheets.write import Value, open_spreadsheet

_TICKET = ("external_id", "place", "subject")
_SHEETS: Mapping[str, Sequence[str]] = {
    "Misroutes": (
        *_TICKET, "category", "request_type", "predicted_category", "predicted_request_type",
        "confidence", "stored_confidence", "expected_gain", "calibrated",
    ),
    "Duplicates": ("cluster", *_TICKET, "similarity", "tickets", "places", "first_at", "last_at"),
    "SLA missed": (
        *_TICKET, "category", "request_type", "due_at", "due_by", "solved_at", "late_hours",
    ),
    "SLA differing": (*_TICKET, "stored", "catalog"),
    "Without SLA": ("category", "request_type", "tickets"),
    "Catalog gaps": ("theme", "tickets", *_TICKET, "nearest"),
    "Unknown pairs": ("category", "request_type", "tickets"),
}  # fmt: skip


def write_workbook(
    path: Path, result: Mapping[str, Any], source: Mapping[str, Any], made_at: datetime
) -> None:
    """Writes all findings; the same result and time give the same bytes."""
    rows = {
        "Misroutes": result["misroutes"],
        "Duplicates": list(_members(result["clusters"])),
        "SLA missed": result["sla"]["missed"],
        "SLA differing": result["sla"]["differing"],
        "Without SLA": result["sla"]["without"],
        "Catalog gaps": result["gaps"],
        "Unknown pairs": result["unknown_pairs"],
    }
    with open_spreadsheet(path, made_at) as book:
        summary: list[list[Value]] = [["finding", "value"], *_summary(result["summary"], source)]
        _write(book, "Summary", summary)
        for name, columns in _SHEETS.items():
            cells = [[_value(row.get(column)) for column in columns] for row in rows[name]]
            _write(book, name, [list(columns), *cells])


def _write(book: Any, name: str, rows: Sequence[Sequence[Value]]) -> None:
    longest = [max(len(str(row[at])) for row in rows) for at in range(len(rows[0]))]
    table = book.add_table(name, [str(cell) for cell in rows[0]], longest)
    table.extend(rows[1:])


def _members(clusters: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for number, cluster in enumerate(clusters, 1):
        yield {**cluster, "cluster": number}
        yield from ({**member, "cluster": number} for member in cluster["members"])


def _summary(summary: Mapping[str, Any], source: Mapping[str, Any]) -> Iterator[list[Value]]:
    """What was found, then how the file was read."""
    yield from ([words, _value(summary[name])] for name, words in SUMMARY.items())
    for name, value in source.items():
        if isinstance(value, Mapping):
            yield from ([f"{name}: {key}", _value(each)] for key, each in value.items())
        else:
            yield [name, _value(value)]


def _value(value: object) -> Value:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {each}" for key, each in value.items())
    return str(value)
