"""The report as a spreadsheet: all requests, those that need a person, and the figures."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from deskhand.reports.counts import COUNTS, OPEN_OUTCOMES, need_a_person
from deskhand.safety.sanitise import visible_text
from deskhand.safety.secrets.hiding import hide
from deskhand.safety.shorten import shorten
from deskhand.spreadsheets.write import Spreadsheet, Value, open_spreadsheet
from deskhand.store.attribution import Reported

# The helpdesk's own names of the fields.
REQUESTS = {
    "id": "helpdesk_id",
    "request_category": "category",
    "request_type": "request_type",
    "short_description": "short_description",
    "sla_value": "sla_value",
    "sla_unit": "sla_unit",
}
REVIEW = {
    "id": "helpdesk_id",
    "short_description": "short_description",
    "request_category": "category",
    "request_type": "request_type",
    "outcome": "outcome",
    "reason": "reason",
}
_FIRST = 10


@dataclass
class Written:
    """What was written: the number of rows, and the first requests that need a person."""

    rows: int = 0
    review: list[dict[str, str]] = field(default_factory=list)


def write(
    path: Path, run: Mapping[str, Any], requests: Iterable[Reported], longest: Mapping[str, int]
) -> Written:
    """Writes the report; the same run and requests give the same bytes."""
    with open_spreadsheet(path, run["created_at"]) as book:
        written = _write_requests(book, requests, longest)
        _write_summary(book, run)
    return written


def _write_requests(
    book: Spreadsheet, requests: Iterable[Reported], longest: Mapping[str, int]
) -> Written:
    """Fills both sheets in one pass, since the requests come from the database in portions."""
    tables = [
        book.add_table(name, list(columns), [longest[each] for each in columns.values()])
        for name, columns in (("Helpdesk Requests", REQUESTS), ("Review", REVIEW))
    ]
    every, review = tables
    written = Written()
    for request in requests:
        written.rows += 1
        if request.short_description:
            request = replace(request, short_description=hide(request.short_description))
        every.append([getattr(request, name) for name in REQUESTS.values()])
        if request.outcome in OPEN_OUTCOMES:
            review.append([getattr(request, name) for name in REVIEW.values()])
            if len(written.review) < _FIRST:
                written.review.append(_shown(request))
    return written


def _write_summary(book: Spreadsheet, run: Mapping[str, Any]) -> None:
    counts = run["counts"]
    rows: list[tuple[str, Value]] = [
        ("run", str(run["id"])),
        ("started", _time(run["created_at"])),
        ("catalog", run["catalog_version"]),
        *(("model", " ".join(each)) for each in _models(run["providers"])),
        *((name, counts.get(name)) for name in COUNTS),
        ("need a person", need_a_person(counts)),
        *_faults(run),
    ]
    lengths = [max(len(str(row[column])) for row in rows) for column in (0, 1)]
    book.add_table("Summary", ("figure", "value"), lengths).extend(rows)


def _faults(run: Mapping[str, Any]) -> Iterator[tuple[str, Value]]:
    """What could not be read, by the index of its item in the helpdesk's answer."""
    counts, named = run["counts"], run["faults"]
    yield from ((f"item {each['index']} (from 0)", each["problem"]) for each in named)
    found = (counts.get("unreadable") or 0) + (counts.get("values_unread") or 0)
    if found > len(named):
        yield "more that could not be read", found - len(named)


def _models(providers: Iterable[Mapping[str, Any]]) -> list[tuple[str, ...]]:
    named = ((each["provider"], each["model"] or "") for each in providers)
    return sorted(tuple(part for part in each if part) for each in named)


def _time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%S UTC")


def _shown(request: Reported) -> dict[str, str]:
    return {
        "id": shorten(visible_text(request.helpdesk_id or ""), 40),
        "short_description": shorten(visible_text(request.short_description or ""), 80),
        "reason": shorten(visible_text(request.reason or ""), 120),
    }
