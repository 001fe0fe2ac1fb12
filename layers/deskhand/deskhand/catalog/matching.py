"""Matches names from a model or a help desk's export to entries of the catalog."""

from dataclasses import dataclass
from typing import Literal

from deskhand.catalog.model import Catalog, Entry
from deskhand.normal_form import normal_form


@dataclass(frozen=True, slots=True)
class Match:
    """The matching entry, or why there is none and which candidates there are."""

    entry: Entry | None
    problem: Literal["unknown", "ambiguous"] | None = None
    candidates: tuple[Entry, ...] = ()


def match(catalog: Catalog, category: str | None, request_type: str | None) -> Match:
    """The entry of a category, by name or code, and a request type; either may be left out.

    Case, width and white space are ignored. Ambiguous names match no entry.
    """
    wanted_category, wanted_type = normal_form(category or ""), normal_form(request_type or "")
    if not wanted_category and not wanted_type:
        return Match(None, "unknown")
    fitting = tuple(
        entry
        for entry, categories, name in catalog.called
        if (not wanted_category or wanted_category in categories)
        and (not wanted_type or wanted_type == name)
    )
    if len(fitting) == 1:
        return Match(fitting[0])
    return Match(None, "ambiguous" if fitting else "unknown", fitting)
