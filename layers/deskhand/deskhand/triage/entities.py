"""Entities of a ticket: only values that a passage of the ticket shows."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema

from deskhand.normal_form import normal_form
from deskhand.safety.personal_data.folding import fold
from deskhand.ticket import TicketText
from deskhand.triage.affected_people import affected_people, number_in

ISSUE_TYPES = ("security", "outage", "access", "performance", "error", "request", "question")
URGENCIES = ("critical", "high", "low")
SCOPES = ("everyone", "team")
# The values of these are from fixed lists; the others are quoted from the ticket.
_CHOSEN: Mapping[str, tuple[str, ...]] = {"issue_type": ISSUE_TYPES, "urgency": URGENCIES}


@dataclass(frozen=True, slots=True)
class Custom:
    """An entity that the catalog defines, by a description or by a pattern."""

    name: str
    description: str = ""
    pattern: str = ""


@dataclass(frozen=True, slots=True)
class ExtractMaterial:
    """What an extract_entities prompt was made from."""

    ticket: TicketText
    custom: tuple[Custom, ...]


class Said(BaseModel):
    """A value that a provider states, and the passage of the ticket that shows it."""

    model_config = ConfigDict(frozen=True)

    value: Annotated[str, Field(min_length=1, max_length=200)]
    quote: Annotated[str, Field(min_length=1, max_length=300)]


class SaidCustom(Said):
    """The same for an entity that the catalog defines."""

    name: str


class EntitiesAnswer(BaseModel):
    """What a provider answers: null for what the ticket does not state."""

    order_id: Said | None
    asset: Said | None
    host: Said | None
    product: Said | None
    version: Said | None
    error_code: Said | None
    issue_type: Said | None
    urgency: Said | None
    affected_users: Said | None


FIELDS = tuple(EntitiesAnswer.model_fields)


class Entity(BaseModel):
    """A value with the passage that shows it: `ticket[field][start:end] == text`, in characters."""

    model_config = ConfigDict(frozen=True)

    value: str | int
    field: Literal["subject", "body"]
    text: str
    start: int
    end: int


class Entities(BaseModel):
    """Every entity by its name; null when the ticket does not state it.

    `affected_users` is a number, "team" or "everyone". `rejected` names the entities whose value,
    as a provider stated it, the ticket does not show.
    """

    model_config = ConfigDict(frozen=True)

    values: dict[str, Entity | None]
    custom: dict[str, Entity | None]
    rejected: list[str]

    @property
    def found(self) -> int:
        """The number of values found."""
        return sum(each is not None for each in (*self.values.values(), *self.custom.values()))


@lru_cache(maxsize=4)
def answer_schema(custom: tuple[Custom, ...]) -> type[EntitiesAnswer]:
    """EntitiesAnswer, extended by the entities that the catalog defines."""
    if not custom:
        return EntitiesAnswer
    names = [each.name for each in custom]

    class Named(SaidCustom):
        name: Annotated[str, WithJsonSchema({"type": "string", "enum": names})]

    class Answer(EntitiesAnswer):
        custom: list[Named]

    return Answer


def verify_entities(
    answer: EntitiesAnswer, custom: Iterable[Custom], ticket: TicketText
) -> Entities:
    """The values of an answer that the ticket confirms."""
    said: dict[str, Said | None] = {name: getattr(answer, name) for name in FIELDS}
    named: list[SaidCustom] = getattr(answer, "custom", [])
    values = {name: _shown(name, each, ticket) for name, each in said.items()}
    own = {each.name: _first(named, each.name) for each in custom if not field_of(each)}
    customs = {name: _shown("", each, ticket) for name, each in own.items()}
    rejected = [name for name, each in said.items() if each and values[name] is None]
    rejected += [name for name, each in own.items() if each and customs[name] is None]
    same = {each.name: values[field] for each in custom if (field := field_of(each))}
    return Entities(values=values, custom=customs | same, rejected=rejected)


def field_of(custom: Custom) -> str | None:
    """The built-in entity that the catalog's entity repeats in some spelling; None: a new one."""
    name = normal_form(custom.name).replace(" ", "_").replace("-", "_")
    return name if name in FIELDS else None


def _first(said: Iterable[SaidCustom], name: str) -> SaidCustom | None:
    return next((each for each in said if normal_form(each.name) == normal_form(name)), None)


def _shown(name: str, said: Said | None, ticket: TicketText) -> Entity | None:
    """The value with its position; None when the passage is missing or does not show the value."""
    place = _place(said.quote, ticket) if said else None
    if said is None or place is None:
        return None
    value = _value(name, said.value.strip(), place["text"])
    return None if value is None else Entity(value=value, **place)


def _place(quote: str, ticket: TicketText) -> dict[str, Any] | None:
    """The field and position of a passage; case, white space and width are ignored."""
    words = r"\s+".join(re.escape(word) for word in fold(quote).text.split())
    if not words:
        return None
    for field in ("subject", "body"):
        whole = getattr(ticket, field)
        folded = fold(whole)
        if found := re.search(words, folded.text, re.IGNORECASE):
            start, end = folded.original(*found.span())
            return {"field": field, "text": whole[start:end], "start": start, "end": end}
    return None


def _value(name: str, value: str, text: str) -> str | int | None:
    if name in _CHOSEN:
        return value.casefold() if value.casefold() in _CHOSEN[name] else None
    if name == "affected_users":
        if value.casefold() in SCOPES:
            return value.casefold()
        said = affected_people(text)
        shown = {number_in(text), said.value if said else None}
        return next((each for each in shown if isinstance(each, int) and value == str(each)), None)
    return value if normal_form(value) in normal_form(text) else None
