"""Compares a request with the catalog: what it states already, and what a provider answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from deskhand.attribution.request import HelpdeskRequest
from deskhand.catalog.matching import match
from deskhand.catalog.model import Catalog, Entry
from deskhand.sla.empty_fields import fill

type Outcome = Literal["complete", "classified", "rejected", "conflict", "missing", "failed"]


@dataclass(frozen=True, slots=True)
class Result:
    """What becomes of a request; without an `entry` it stays as it was fetched."""

    outcome: Outcome
    entry: Entry | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Open:
    """A request that a provider is asked about; the answer must be one of `entries`."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """The four fields of a request's result."""

    category: str | None
    request_type: str | None
    sla_value: float | None
    sla_unit: str | None


def match_given(catalog: Catalog, category: str | None, request_type: str | None) -> Result | Open:
    """What a request's own category and type say: an entry, several, or none.

    A type alone names its category when it occurs in one only; a category alone names its type
    when it has only one.
    """
    if category is None and request_type is None:
        return Open(catalog.entries)
    found = match(catalog, category, request_type)
    if found.entry:
        return Result("complete", found.entry)
    both = category is not None and request_type is not None
    if found.problem == "ambiguous" and not both:
        return Open(found.candidates)
    stated = "pair" if both else "request type" if request_type else "category"
    if found.problem == "ambiguous":
        return Result("rejected", reason=f"the {stated} is ambiguous in the catalog")
    return Result("rejected", reason=f"the {stated} is not in the catalog")


def result_of(
    catalog: Catalog, allowed: Sequence[Entry], category: str, request_type: str
) -> Result | None:
    """What an answer's pair says about a request; None when it is an entry that is not allowed."""
    found = match(catalog, category, request_type)
    if found.entry is None:
        said = "ambiguous in" if found.problem == "ambiguous" else "not in"
        return Result("rejected", reason=f"the answer's pair is {said} the catalog")
    return Result("classified", found.entry) if found.entry in allowed else None


def fields(request: HelpdeskRequest, result: Result | None) -> Fields:
    """The fields of the result: the catalog's spelling, and its SLA where the request has none."""
    if result is None or result.entry is None:
        return Fields(request.category, request.request_type, request.sla_value, request.sla_unit)
    category, wanted = result.entry
    filled = fill(request.sla_unit, request.sla_value, wanted.sla)
    return Fields(category.name, wanted.name, filled.value, filled.unit)
