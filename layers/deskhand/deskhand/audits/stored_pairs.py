"""What the export says about a ticket's place in the catalog."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from deskhand.audits.export import OldTicket
from deskhand.catalog.matching import match
from deskhand.catalog.model import Catalog
from deskhand.learning.neighbours import Pair

SHOWN_UNKNOWN = 100


@dataclass(frozen=True, slots=True)
class StoredPairs:
    """For each ticket the pairs that its stored names may mean: one, several, or none.

    `unknown` counts the names that are in no catalog entry, the most frequent first.
    """

    of: list[tuple[Pair, ...]]
    unknown: list[dict[str, Any]]


def stored_pairs(tickets: Sequence[OldTicket], catalog: Catalog) -> StoredPairs:
    """The stored pairs of all tickets. A category alone may mean any of its request types."""

    @lru_cache(maxsize=10_000)
    def pairs_of(category: str, request_type: str) -> tuple[Pair, ...]:
        found = match(catalog, category, request_type)
        if found.problem == "unknown" and category and request_type:
            # Request types of other systems ("Incident") say nothing about the category.
            found = match(catalog, category, None)
        entries = (found.entry,) if found.entry else found.candidates
        return tuple((entry.category.name, entry.request.name) for entry in entries)

    pairs = [pairs_of(each.category, each.request_type) for each in tickets]
    unknown = Counter(
        (each.category, each.request_type)
        for each, known in zip(tickets, pairs, strict=True)
        if not known and (each.category or each.request_type)
    )
    return StoredPairs(
        pairs,
        [
            {"category": category, "request_type": request_type, "tickets": count}
            for (category, request_type), count in unknown.most_common(SHOWN_UNKNOWN)
        ],
    )
