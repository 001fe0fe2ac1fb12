"""A request of the helpdesk, read from an item of its answer."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deskhand.safety.secrets.hiding import hide
from deskhand.ticket import TicketText

# Each field with the names that helpdesks give it; the first one that holds something counts.
_ALIASES = {
    "helpdesk_id": ("id", "ticket_id"),
    "short_description": ("short_description", "subject"),
    "long_description": ("long_description", "description", "body"),
    "requester_email": ("requester_email",),
    "category": ("request_category",),
    "request_type": ("request_type",),
}
# A request is sorted by how it begins; all of it goes into the report.
_TITLE_CHARACTERS = 300
_TEXT_CHARACTERS = 3_000
# Characters that Postgres does not store.
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_NUMBER = re.compile(r"[0-9]{1,15}(?:\.[0-9]{1,15})?")


@dataclass(frozen=True, slots=True)
class Fault:
    """What could not be read, at the index of its item."""

    index: int
    problem: str


@dataclass(frozen=True, slots=True)
class HelpdeskRequest:
    """The fields as fetched; blank ones are None. `position` is the index in the answer."""

    position: int
    helpdesk_id: str | None
    short_description: str | None
    long_description: str | None
    requester_email: str | None
    category: str | None
    request_type: str | None
    sla_value: float | None
    sla_unit: str | None

    @property
    def text(self) -> TicketText:
        """What the requester wrote, as far as it is read for sorting."""
        title, text = self.short_description or "", self.long_description or ""
        return TicketText(hide(title)[:_TITLE_CHARACTERS], hide(text)[:_TEXT_CHARACTERS])


@dataclass(frozen=True, slots=True)
class Read:
    """The requests of an answer. `unreadable` items are none; of `unread` values, which are no
    text or no number, the rest of the request is taken.
    """

    requests: list[HelpdeskRequest]
    unreadable: list[Fault]
    unread: list[Fault]


def read(items: list[Any]) -> Read:
    """The requests in the items of the helpdesk's answer."""
    found = Read([], [], [])
    for index, item in enumerate(items):
        if isinstance(item, dict):
            found.requests.append(_request(index, item, found.unread))
        else:
            found.unreadable.append(Fault(index, "it is not an object"))
    return found


def _request(index: int, item: dict[str, Any], unread: list[Fault]) -> HelpdeskRequest:
    texts = {field: _first(item, names) for field, names in _ALIASES.items()}
    unread += (Fault(index, f"{name} is not a text") for name in _no_texts(item))
    sla = item.get("sla")
    if sla is not None and not isinstance(sla, dict):
        unread.append(Fault(index, "sla is not an object"))
    value, unit = (sla.get("value"), sla.get("unit")) if isinstance(sla, dict) else (None, None)
    if (amount := _number(value)) is None and not _is_blank(value):
        unread.append(Fault(index, "sla.value is not a number from 0 on"))
    if (name := _text(unit)) is None and not _is_blank(unit):
        unread.append(Fault(index, "sla.unit is not a text"))
    return HelpdeskRequest(index, **texts, sla_value=amount, sla_unit=name)


def _first(item: dict[str, Any], names: tuple[str, ...]) -> str | None:
    return next((text for name in names if (text := _text(item.get(name))) is not None), None)


def _no_texts(item: dict[str, Any]) -> Iterator[str]:
    for names in _ALIASES.values():
        for name in names:
            value = item.get(name)
            if _text(value) is None and not _is_blank(value):
                yield name


def _is_blank(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _text(value: object) -> str | None:
    """A text, or a number as text; None when it is blank or neither."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        value = int(value) if value.is_integer() else value
    text = _UNSTORABLE.sub("\ufffd", value if isinstance(value, str) else _digits(value))
    return text.strip() or None


def _digits(value: float) -> str:
    # Python refuses to write an integer of more than 4,300 digits.
    return str(value) if abs(value) < 10**100 else repr(float("inf"))


def _number(value: object) -> float | None:
    """A number from 0 on, also written as a text; None when it is blank or none."""
    if isinstance(value, str):
        plain = value.strip()
        return float(plain) if _NUMBER.fullmatch(plain) else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value < 10**15 else None
