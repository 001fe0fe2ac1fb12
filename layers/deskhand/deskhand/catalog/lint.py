"""Finds what is valid in a catalog but probably a mistake: each finding with its place."""

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from deskhand.api.json_document import pointer
from deskhand.catalog.calendar import WEEK, Calendar, Intervals, span
from deskhand.catalog.consistency import ROOT, Path, places
from deskhand.catalog.entities import CustomEntity
from deskhand.catalog.model import Catalog, Entry
from deskhand.catalog.runaway import runs_away
from deskhand.normal_form import normal_form
from deskhand.safety.injection.views import LOOKALIKES
from deskhand.ticket import LEVELS

_LATIN = re.compile("[a-z]")
_LAST_MINUTE = timedelta(hours=23, minutes=59)


class LintFinding(NamedTuple):
    """A JSON pointer into the document, and what is odd there."""

    pointer: str
    detail: str


def lint(catalog: Catalog, today: date | None = None) -> list[LintFinding]:
    """Missing promises, shared wording, types without wording, ambiguous names, calendars that are
    out of date or lose minutes, and patterns that can run away."""
    found = [
        *_promises(catalog),
        *_wording(catalog),
        *_names(catalog),
        *_lookalikes(catalog),
        *_calendars(catalog, today or datetime.now(UTC).date()),
        *_patterns(catalog),
    ]
    return [LintFinding(pointer(*ROOT, *path), detail) for path, detail in found]


def _promises(catalog: Catalog) -> Iterator[tuple[Path, str]]:
    for path, (_, request) in places(catalog):
        if request.sla is None:
            yield path, "has no sla: its tickets are never due"
            continue
        calendar = catalog.calendar_of(Entry(catalog.categories[int(path[1])], request))
        promised = [request.sla.target(level).duration(calendar) for level in LEVELS]
        for (lower, slow), (higher, fast) in pairwise(zip(LEVELS, promised, strict=True)):
            if fast > slow:
                yield (*path, "sla", "by_priority"), f"{higher} has more time than {lower}"


def _wording(catalog: Catalog) -> Iterator[tuple[Path, str]]:
    """Phrases shared by several types; a type without a phrase of its own is indistinguishable."""
    owners: dict[str, list[Path]] = defaultdict(list)
    for path, (_, request) in places(catalog):
        for said in {normal_form(text) for _, text in request.phrases()}:
            owners[said].append(path)
    for path, (_, request) in places(catalog):
        said_here = {normal_form(text): (kind, text) for kind, text in request.phrases()}
        if all(len(owners[said]) > 1 for said in said_here):
            yield path, "cannot be reached: all its wording is other types' too"
        for said, (kind, text) in said_here.items():
            first = owners[said][0]
            if first != path and kind != "name":
                yield path, f"the {kind} {text[:60]!r} is also at {pointer(*ROOT, *first)}"


def _names(catalog: Catalog) -> Iterator[tuple[Path, str]]:
    """A category's code that is another category's name."""
    names = {normal_form(each.name): number for number, each in enumerate(catalog.categories)}
    for number, category in enumerate(catalog.categories):
        other = names.get(normal_form(category.code or ""), number)
        if other != number:
            place = pointer(*ROOT, "categories", other)
            yield ("categories", number, "code"), f"is the name of {place}"


def _lookalikes(catalog: Catalog) -> Iterator[tuple[Path, str]]:
    """Names that look like others but have letters of another script."""
    named: list[tuple[Path, str]] = [
        (("categories", number, "name"), each.name)
        for number, each in enumerate(catalog.categories)
    ]
    for path, (_, request) in places(catalog):
        if len(path) > 2:
            named.append(((*path, "name"), request.name))
    first: dict[str, tuple[Path, str]] = {}
    for path, name in named:
        plain = normal_form(name)
        looks = plain.translate(LOOKALIKES)
        other, seen = first.setdefault(looks, (path, plain))
        if seen != plain:
            yield path, f"looks like {pointer(*ROOT, *other)}, with letters of another script"
        elif any(
            word != word.translate(LOOKALIKES) and _LATIN.search(word) for word in plain.split()
        ):
            yield path, "mixes letters of several scripts in one word"


def _calendars(catalog: Catalog, today: date) -> Iterator[tuple[Path, str]]:
    used = {catalog.calendar_of(entry) for entry in catalog.entries}
    for number, calendar in enumerate(catalog.calendars):
        place: Path = ("calendars", number)
        if calendar not in used:
            yield place, "is used by no request type"
        yield from (((*place, *path), detail) for path, detail in _hours(calendar))
        dates = [each.date for each in calendar.holidays]
        # A yearly day has no year: it is never past.
        if dates and all(len(day) > 5 and day < today.isoformat() for day in dates):
            yield (*place, "holidays"), f"are all past, the last one on {max(dates)}"


def _hours(calendar: Calendar) -> Iterator[tuple[Path, str]]:
    """Days that end a minute before midnight."""
    days: list[tuple[Path, Intervals]] = [
        (("hours", name), hours) for name, hours in zip(WEEK, calendar.hours.days, strict=True)
    ]
    days += [(("holidays", n, "hours"), each.hours) for n, each in enumerate(calendar.holidays)]
    for path, intervals in days:
        for index, interval in enumerate(intervals):
            if span(interval)[1] == _LAST_MINUTE:
                yield (*path, index), "loses the minute before midnight: write 24:00"


def _patterns(catalog: Catalog) -> Iterator[tuple[Path, str]]:
    every: list[tuple[Path, CustomEntity]] = [
        (("entities", number), each) for number, each in enumerate(catalog.entities)
    ]
    for path, (_, request) in places(catalog):
        every += [((*path, "entities", n), each) for n, each in enumerate(request.entities)]
    for place, entity in every:
        if entity.pattern and (why := runs_away(entity.pattern)):
            yield (*place, "pattern"), f"can run away: it {why}"
