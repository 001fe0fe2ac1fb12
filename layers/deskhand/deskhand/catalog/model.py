"""The service catalog: the one taxonomy, with the SLA, route and priority of each request."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import AfterValidator, BeforeValidator, Field

from deskhand.catalog.calendar import Calendar
from deskhand.catalog.entities import Entities
from deskhand.catalog.fields import Name, Strict, Wording, Wordings, as_named, not_empty
from deskhand.catalog.sla import PAUSES, Escalation, Pauses, Sla
from deskhand.normal_form import normal_form
from deskhand.settings.embedder import EMBEDDED
from deskhand.ticket import Priority

__all__ = ["PHRASE_CHARACTERS", "Catalog", "Entry", "Priority", "normal_form"]

type PhraseKind = Literal["name", "description", "keyword", "example"]

# A phrase is part of a primary key, and Postgres takes about 2,700 bytes in an index row.
PHRASE_CHARACTERS = 400


class Handling(Strict):
    """What happens to a ticket: its route and priority, what is promised, and who is told."""

    default_priority: Priority | None = None
    route: Name | None = None
    escalate_on: Wordings = ()
    sla: Sla | None = None
    calendar: Name | None = None
    pause_on: Pauses | None = None
    escalation: Escalation | None = None


class RequestType(Handling):
    """One kind of request; only its name is required, all other fields improve triage."""

    name: Name
    description: Wording | None = None
    keywords: Wordings = ()
    examples: Wordings = ()
    entities: Entities = ()

    def phrases(self) -> Iterator[tuple[PhraseKind, str]]:
        """Everything the catalog says in words about this type, names first."""
        yield "name", self.name
        if self.description:
            yield "description", self.description
        yield from (("keyword", keyword) for keyword in self.keywords)
        yield from (("example", example) for example in self.examples)


class Category(Strict):
    """A group of request types; without any, the category itself can be requested."""

    name: Name
    code: Name | None = None
    description: Wording | None = None
    calendar: Name | None = None
    requests: Annotated[
        tuple[Annotated[RequestType, BeforeValidator(as_named)], ...],
        Field(max_length=500, strict=False),
    ] = ()

    @property
    def called(self) -> frozenset[str]:
        """The normal forms of its name and its code."""
        return frozenset({normal_form(self.name), normal_form(self.code or self.name)})

    @property
    def request_types(self) -> tuple[RequestType, ...]:
        """The request types of the category: never empty."""
        return self.requests or (RequestType(name=self.name),)


class Entry(NamedTuple):
    """A request type with the category it belongs to."""

    category: Category
    request: RequestType


class Phrase(NamedTuple):
    """A piece of the catalog's wording that ticket text is compared with."""

    category: str
    request_type: str
    kind: PhraseKind
    text: str


@dataclass(frozen=True, slots=True)
class CatalogPhrases:
    """The catalog's phrases and their vectors by a built-in `model`: rows of little-endian float32,
    in the same order."""

    items: tuple[Phrase, ...]
    vectors: bytes
    model: str = EMBEDDED.name


class Catalog(Strict):
    """A valid service catalog."""

    categories: Annotated[
        tuple[Annotated[Category, BeforeValidator(as_named)], ...],
        Field(max_length=500, strict=False),
        AfterValidator(not_empty),
    ]
    entities: Entities = ()
    calendars: Annotated[tuple[Calendar, ...], Field(max_length=100, strict=False)] = ()
    calendar: Name | None = None
    pause_on: Pauses = PAUSES
    escalation: Escalation = Escalation()
    # The queue of tickets that fit no request type, until people have placed them.
    triage: Handling = Handling()

    @cached_property
    def document(self) -> dict[str, Any]:
        """The catalog as JSON, in the shape that `parse_catalog` takes."""
        # Unset fields are omitted, so that a field added to the model later changes no version.
        catalog = self.model_dump(mode="json", exclude_defaults=True)
        return {"service_catalog": {"catalog": catalog}}

    @cached_property
    def version(self) -> str:
        """The content's hash: equal catalogs have equal versions, however they were written."""
        canonical = json.dumps(self.document, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(canonical.encode()).hexdigest()[:16]

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Every request type with its category, in the order of the document."""
        return tuple(Entry(c, request) for c in self.categories for request in c.request_types)

    @cached_property
    def called(self) -> tuple[tuple[Entry, frozenset[str], str], ...]:
        """Every entry with the normal forms of its category, by name and code, and of its type."""
        return tuple(
            (entry, entry.category.called, normal_form(entry.request.name))
            for entry in self.entries
        )

    @cached_property
    def _by_names(self) -> dict[tuple[str, str], Entry]:
        return {
            (normal_form(e.category.name), normal_form(e.request.name)): e for e in self.entries
        }

    def find(self, category: str, request_type: str) -> Entry | None:
        """The entry of that name, ignoring case and white space; None when not found."""
        return self._by_names.get((normal_form(category), normal_form(request_type)))

    def entry(self, category: str, request_type: str) -> Entry:
        """The entry of that name; raises KeyError when not found."""
        return self._by_names[normal_form(category), normal_form(request_type)]

    def handling(self, category: str | None, request_type: str | None) -> Handling:
        """How a ticket of that pair is handled; without a pair it is in the triage queue. A pair
        that is not in the catalog has no handling of its own."""
        if category is None and request_type is None:
            return self.triage
        entry = self.find(category or "", request_type or "")
        return entry.request if entry else Handling()

    @cached_property
    def _calendars(self) -> dict[str, Calendar]:
        return {normal_form(calendar.name): calendar for calendar in self.calendars}

    def calendar_of(self, entry: Entry) -> Calendar | None:
        """The calendar by which its time runs: its own, its category's, the catalog's, or none."""
        return self._calendar(entry.request.calendar or entry.category.calendar or self.calendar)

    @property
    def triage_calendar(self) -> Calendar | None:
        """The calendar of the triage queue: its own, the catalog's, or none."""
        return self._calendar(self.triage.calendar or self.calendar)

    def _calendar(self, name: str | None) -> Calendar | None:
        return self._calendars[normal_form(name)] if name else None

    def phrases(self) -> tuple[Phrase, ...]:
        """All phrases of the catalog, each once for a request type."""
        said = (
            Phrase(category.name, request.name, kind, text[:PHRASE_CHARACTERS])
            for category, request in self.entries
            for kind, text in request.phrases()
        )
        return tuple(dict.fromkeys(said))
