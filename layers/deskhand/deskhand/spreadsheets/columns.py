"""Finds which column of an export holds which field of a ticket."""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

type Field = Literal[
    "external_id", "subject", "body", "category", "request_type", "priority",
    "created_at", "updated_at", "solved_at", "due_at", "sla_value", "sla_unit",
]  # fmt: skip
FIELDS: tuple[Field, ...] = get_args(Field.__value__)
DATES: tuple[Field, ...] = ("created_at", "updated_at", "solved_at", "due_at")

# Jira writes fields of its own as "Custom field (Request Type)".
_CUSTOM = re.compile(r"custom field \((.{1,200})\)", re.IGNORECASE)
_BRACKETS = re.compile(r"[(\[][^()\[\]]{0,200}[)\]]\s*$")
_BETWEEN = re.compile(r"[^\w#]+|_+")
_SUGGESTED = 5
# Words by which a column may be a field without being called so; a person has to confirm it.
_HINTS: Mapping[Field, tuple[str, ...]] = {
    "external_id": ("id", "number", "key"),
    "subject": ("subject", "title", "summary", "betreff", "titel", "objet", "asunto", "heading"),
    "body": ("body", "description", "text", "message", "beschreibung", "details", "problem"),
    "category": ("category", "kategorie", "group", "service", "kind", "queue"),
    "request_type": ("type", "typ", "subcategory"),
    "created_at": ("created", "opened", "erstellt"),
    "solved_at": ("solved", "resolved", "closed"),
    "due_at": ("due", "deadline", "fällig"),
}


class UnknownColumn(Exception):
    """A mapping names a field or a column that does not exist; `field` is what it names it for."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field


@dataclass(frozen=True, slots=True)
class Columns:
    """The column of each field; `system` is the help desk whose export it looks like.

    `suggested` are columns that may be a field which has none. They are not used until somebody
    confirms them by giving them.
    """

    system: str | None
    of: Mapping[Field, str]
    given: frozenset[Field]
    suggested: Mapping[Field, tuple[str, ...]]


def columns_of(header: Sequence[str], given: Mapping[str, str] | None = None) -> Columns:
    """The columns of a header; `given` columns come first. Raises UnknownColumn."""
    chosen = _chosen(header, given or {})
    known: dict[str, str] = {}
    for column in header:
        known.setdefault(normalise(column), column)
    system = next((each for each in _systems() if _is(each, known.keys())), {})
    found = dict(chosen)
    for field in FIELDS:
        names = (*system.get(field, ()), *_names()[field])
        taken = set(found.values())
        free = [known[name] for name in names if name in known and known[name] not in taken]
        if field not in found and free:
            found[field] = free[0]
    left = [column for column in header if column not in set(found.values())]
    suggested = {field: _near(field, left) for field in FIELDS if field not in found}
    return Columns(
        system=system.get("name"),
        of=found,
        given=frozenset(chosen),
        suggested={field: near for field, near in suggested.items() if near},
    )


def normalise(name: str) -> str:
    """The form in which names of columns are compared."""
    if custom := _CUSTOM.fullmatch(name.strip()):
        name = custom[1]
    plain = _BRACKETS.sub("", name) or name
    return _BETWEEN.sub(" ", unicodedata.normalize("NFKC", plain).casefold()).strip()


def _chosen(header: Sequence[str], given: Mapping[str, str]) -> dict[Field, str]:
    """The given columns as the header spells them."""
    spelled = {normalise(column): column for column in reversed(header)}
    spelled |= {column: column for column in header}
    chosen: dict[Field, str] = {}
    for field in FIELDS:
        if field in given:
            column = spelled.get(given[field]) or spelled.get(normalise(given[field]))
            if column is None:
                raise UnknownColumn(field, f"there is no such column; {header_summary(header)}")
            chosen[field] = column
    for name in given:
        if name not in FIELDS:
            raise UnknownColumn(name, f"is no field; there are {', '.join(FIELDS)}")
    return chosen


def missing(columns: Columns, header: Sequence[str], *groups: tuple[Field, ...]) -> dict[str, str]:
    """What to tell about each group of fields of which none has a column; one is enough."""
    return {
        group[0]: _missing(columns, header, group)
        for group in groups
        if not any(field in columns.of for field in group)
    }


def _missing(columns: Columns, header: Sequence[str], group: tuple[Field, ...]) -> str:
    said = f"no column is known to hold {' or '.join(group)}"
    near = [name for field in group for name in columns.suggested.get(field, ())]
    if near:
        said += f"; it may be {' or '.join(dict.fromkeys(near))}: confirm it in `mapping`"
    return f"{said}; {header_summary(header)}"


def header_summary(header: Sequence[str], most: int = 200) -> str:
    """The header for a message, shortened."""
    return f"the file has {', '.join(header)[:most]}"


def _near(field: Field, left: Sequence[str]) -> tuple[str, ...]:
    hints = _HINTS.get(field, ())
    return tuple(c for c in left if not set(normalise(c).split()).isdisjoint(hints))[:_SUGGESTED]


def _is(system: Mapping[str, Any], names: Any) -> bool:
    return any(names >= set(signs) for signs in system["signs"])


@cache
def _document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(__file__).with_name("columns.json").read_text("utf-8"))
    return found


def _systems() -> list[dict[str, Any]]:
    systems: list[dict[str, Any]] = _document()["systems"]
    return systems


def _names() -> Mapping[Field, list[str]]:
    names: Mapping[Field, list[str]] = _document()["names"]
    return names
