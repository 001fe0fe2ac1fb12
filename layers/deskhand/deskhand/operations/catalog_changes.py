"""Compares two catalogs: changed types, the tickets affected, and changed labels."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any
from uuid import UUID

from deskhand.catalog.model import Catalog, Entry, RequestType
from deskhand.normal_form import normal_form

type Pair = tuple[str, str]
# Fields that affect tickets of the type; the effect of wording shows in the labels.
_FELT = ("route", "sla", "default_priority", "pause_on", "escalation")
_SHOWN_IDS = 5


def changes(old: Catalog | None, new: Catalog, tickets: Iterable[Mapping[str, Any]]) -> list[Any]:
    """Each type that is added, removed or changed, with the number of its unsolved `tickets`.

    `tickets` are rows of category, request_type and count.
    """
    counts = Counter[Pair]()
    for row in tickets:
        counts[_key((row["category"], row["request_type"]))] += row["count"]
    before, after = _by_names(old), _by_names(new)
    return [
        {
            "category": pair[0],
            "request_type": pair[1],
            "change": change,
            **({"fields": fields} if fields else {}),
            "tickets": counts[_key(pair)],
        }
        for pair, change, fields in _differences(old, new, before, after)
    ]


def relabellings(
    texts: Iterable[tuple[UUID, Any]], one: Callable[[Any], Pair], other: Callable[[Any], Pair]
) -> dict[str, Any]:
    """How many texts `other` labels differently than `one`, with the old and new labels."""
    moves: dict[tuple[Pair, Pair], list[UUID]] = defaultdict(list)
    looked_at = 0
    for ticket_id, text in texts:
        looked_at += 1
        before, after = one(text), other(text)
        if _key(before) != _key(after):
            moves[before, after].append(ticket_id)
    return {
        "looked_at": looked_at,
        "relabelled": sum(map(len, moves.values())),
        "moves": [
            {
                "from": list(before),
                "to": list(after),
                "count": len(ids),
                "tickets": [str(each) for each in ids[:_SHOWN_IDS]],
            }
            for (before, after), ids in sorted(moves.items(), key=lambda item: -len(item[1]))
        ],
    }


def _differences(
    old: Catalog | None, new: Catalog, before: dict[Pair, Entry], after: dict[Pair, Entry]
) -> Iterator[tuple[Pair, str, dict[str, Any]]]:
    for key in before.keys() | after.keys():
        entry = after.get(key) or before[key]
        pair = (entry.category.name, entry.request.name)
        if key not in after:
            yield pair, "gone", {}
        elif key not in before or old is None:
            yield pair, "added", {}
        elif fields := _fields(_felt(old, before[key]), _felt(new, after[key])):
            yield pair, "changed", fields


def _felt(catalog: Catalog, entry: Entry) -> dict[str, Any]:
    said = RequestType.model_dump(entry.request, mode="json", include=set(_FELT))
    calendar = catalog.calendar_of(entry)
    said["calendar"] = calendar and calendar.model_dump(mode="json")
    said["pause_on"] = said["pause_on"] or list(catalog.pause_on)
    said["escalation"] = said["escalation"] or catalog.escalation.model_dump(mode="json")
    return said


def _fields(old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return {name: {"old": old[name], "new": new[name]} for name in old if old[name] != new[name]}


def _by_names(catalog: Catalog | None) -> dict[Pair, Entry]:
    entries = catalog.entries if catalog else ()
    return {_key((entry.category.name, entry.request.name)): entry for entry in entries}


def _key(pair: Pair) -> Pair:
    return normal_form(pair[0]), normal_form(pair[1])
