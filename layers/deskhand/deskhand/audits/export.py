"""An export as an audit reads it: its columns, its dates, and one ticket for each id."""

import gzip
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from deskhand.safety.secrets.hiding import hide, hide_in
from deskhand.spreadsheets.columns import DATES, Columns, Field, missing
from deskhand.spreadsheets.dates import Dates, Order, date_in, dates_of
from deskhand.spreadsheets.fields import fields_of
from deskhand.spreadsheets.table import Table
from deskhand.ticket import TicketText

MAX_ROWS = 20_000
# What is compared of a text; a longer one says little more, and 20,000 of them must fit.
MAX_SUBJECT, MAX_BODY, MAX_NAME = 500, 4_000, 200
SHOWN_ROWS, _SHOWN_FAULTS, _SHOWN_SUBJECT = 5, 100, 200
# What an audit needs; the other columns add what they can.
REQUIRED: tuple[tuple[Field, ...], ...] = (("subject", "body"),)
# Postgres stores neither in JSON.
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_LENGTHS: Mapping[Field, int] = {"subject": MAX_SUBJECT, "body": MAX_BODY}


@dataclass(frozen=True, slots=True)
class OldTicket:
    """A ticket of the export; `place` is its line or row in the file."""

    place: int
    external_id: str = ""
    subject: str = ""
    body: str = ""
    category: str = ""
    request_type: str = ""
    priority: str = ""
    sla_value: str = ""
    sla_unit: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    solved_at: datetime | None = None
    due_at: datetime | None = None

    @property
    def text(self) -> TicketText:
        """Subject and body; without a subject the body's first line."""
        subject = self.subject.strip() or self.body.strip().partition("\n")[0]
        return TicketText(subject[:MAX_SUBJECT], self.body)


@dataclass(frozen=True, slots=True)
class Export:
    """The tickets of a file, what is said of how it was read, and what must be answered first."""

    tickets: list[OldTicket]
    source: dict[str, Any]
    problems: list[tuple[str, str]]


class TooManyRows(Exception):
    """The file has more rows than an audit takes."""


def read_export(table: Table, columns: Columns, order: Order | None, zone: ZoneInfo) -> Export:
    """The whole export; raises TooManyRows. `order` decides about dates that leave it open."""
    rows: list[tuple[int, dict[Field, str | datetime]]] = []
    faults: list[tuple[int, str]] = []
    for record in table.records:
        if len(rows) + len(faults) >= MAX_ROWS:
            raise TooManyRows(f"an audit takes {MAX_ROWS:,} rows: split the file")
        if record.fault:
            faults.append((record.place, record.fault))
        else:
            rows.append((record.place, _cut(fields_of(record.values, columns))))
    dates = {
        field: dates_of((row[field] for _, row in rows if field in row), order)
        for field in DATES
        if field in columns.of
    }
    wrong: dict[str, list[str]] = {}
    tickets = [_ticket(place, row, dates, zone, wrong) for place, row in rows]
    with_text = [ticket for ticket in tickets if ticket.text.subject]
    last = last_of_each(with_text)
    source = {
        **_described(table, columns, dates, zone),
        "rows": len(rows) + len(faults),
        "tickets": len(last),
        "without_text": len(tickets) - len(with_text),
        "repeated": len(with_text) - len(last),
        "wider": table.counts.wider,
        "faults": [{"place": at, "detail": why} for at, why in faults[:_SHOWN_FAULTS]],
        "refused": len(faults),
        "wrong_dates": {field: {"count": len(v), "examples": v[:3]} for field, v in wrong.items()},
    }
    return Export(last, source, _problems(table, columns, dates, last))


def last_of_each(tickets: list[OldTicket]) -> list[OldTicket]:
    """One ticket for each id: the last by its update, else the last in the file."""
    last: dict[str | int, OldTicket] = {}
    for ticket in tickets:
        key = ticket.external_id or ticket.place
        before = last.get(key)
        if before is None or _updated(ticket) >= _updated(before):
            last[key] = ticket
    return sorted(last.values(), key=lambda each: each.place)


def pack(tickets: Iterable[OldTicket]) -> bytes:
    """The tickets as compressed lines of JSON."""
    lines = (json.dumps(list(asdict(ticket).values()), default=str) for ticket in tickets)
    return gzip.compress("\n".join(lines).encode(), compresslevel=6, mtime=0)


def unpack(packed: bytes) -> list[OldTicket]:
    """The tickets that were packed."""
    names = [each.name for each in fields(OldTicket)]
    found = []
    for line in gzip.decompress(packed).split(b"\n"):
        row = dict(zip(names, json.loads(line), strict=True))
        row |= {name: row[name] and datetime.fromisoformat(row[name]) for name in DATES}
        found.append(OldTicket(**row))
    return found


def first_rows(tickets: Iterable[OldTicket]) -> list[dict[str, Any]]:
    """The first rows, as they were understood, for people to check; texts are shortened."""
    first = [ticket for ticket, _ in zip(tickets, range(SHOWN_ROWS), strict=False)]
    return [
        {name: v[:300] if isinstance(v, str) else v for name, v in hide_in(asdict(each)).items()}
        for each in first
    ]


def reference_of(ticket: OldTicket) -> dict[str, Any]:
    """How findings name a ticket."""
    return {
        "external_id": ticket.external_id,
        "place": ticket.place,
        "subject": hide(ticket.text.subject)[:_SHOWN_SUBJECT],
    }


def _updated(ticket: OldTicket) -> datetime:
    return ticket.updated_at or datetime.min.replace(tzinfo=UTC)


def _cut(row: dict[Field, str | datetime]) -> dict[Field, str | datetime]:
    return {
        field: _UNSTORABLE.sub("", value[: _LENGTHS.get(field, MAX_NAME)])
        if isinstance(value, str)
        else value
        for field, value in row.items()
    }


def _ticket(
    place: int,
    row: dict[Field, str | datetime],
    dates: Mapping[Field, Dates],
    zone: ZoneInfo,
    wrong: dict[str, list[str]],
) -> OldTicket:
    made: dict[str, Any] = {}
    for field, value in row.items():
        if field in dates:
            made[field] = date_in(value, dates[field].order, zone)
            if made[field] is None and not dates[field].asks:
                wrong.setdefault(field, []).append(str(value)[:60])
        else:
            made[field] = str(value).strip()
    return OldTicket(place, **made)


def _described(
    table: Table, columns: Columns, dates: Mapping[Field, Dates], zone: ZoneInfo
) -> dict[str, Any]:
    used = set(columns.of.values())
    return {
        "format": table.form,
        "system": columns.system,
        "header": table.header,
        "mapping": dict(columns.of),
        "confirmed": sorted(columns.given),
        "suggested": dict(columns.suggested),
        "unused": [column for column in table.header if column not in used],
        "dates": {
            field: {"form": each.form, "evidence": each.evidence} for field, each in dates.items()
        },
        "time_zone": zone.key,
        "notes": list(table.notes),
    }


def _problems(
    table: Table, columns: Columns, dates: Mapping[Field, Dates], tickets: list[OldTicket]
) -> list[tuple[str, str]]:
    """What only the caller knows, with the parameter that tells it."""
    found = [
        (f"/mapping/{field}", said)
        for field, said in missing(columns, table.header, *REQUIRED).items()
    ]
    found += [
        (
            "dates",
            f"{columns.of[field]!r} is {each.form} ({each.evidence}): send dates=day or month",
        )
        for field, each in dates.items()
        if each.asks
    ]
    if not tickets and not found:
        found.append(("", "no row has a text"))
    return found
