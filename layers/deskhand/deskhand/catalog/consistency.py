"""Contradictions within a well-formed catalog: each error with its place in the catalog."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

from deskhand.catalog.calendar import Calendar
from deskhand.catalog.model import Catalog, Entry, Handling
from deskhand.catalog.sla import Escalation, Promise, Target
from deskhand.normal_form import normal_form

ROOT = ("service_catalog", "catalog")

type Path = tuple[int | str, ...]
type Fault = tuple[Path, str]

# A longer promise is a mistake in the unit, and calculating its due time would take long.
_LONGEST = timedelta(days=10 * 365)
_WEEK = timedelta(weeks=1)


def inconsistencies(catalog: Catalog) -> Iterator[Fault]:
    """Ambiguous or unresolved names, and promises that no calendar can keep."""
    yield from _collisions(catalog)
    unknown = list(_unknown_calendars(catalog))
    yield from unknown
    # The remaining checks need valid calendar names.
    if not unknown:
        # How long a day is depends on the calendar, so the order of levels may too.
        found = (_levels(catalog.escalation, each, ()) for each in (None, *catalog.calendars))
        yield from dict.fromkeys((("escalation", *p), why) for each in found for p, why in each)
        for path, entry in places(catalog):
            yield from _promises(entry.request, catalog.calendar_of(entry), path)
        yield from _promises(catalog.triage, catalog.triage_calendar, ("triage",))


def places(catalog: Catalog) -> Iterator[tuple[Path, Entry]]:
    """Every entry with its path; a category without request types is an entry itself."""
    entries = iter(catalog.entries)
    for number, category in enumerate(catalog.categories):
        for index in range(len(category.request_types)):
            own = ("requests", index) if category.requests else ()
            yield ("categories", number, *own), next(entries)


def _collisions(catalog: Catalog) -> Iterator[Fault]:
    yield from _repeated([c.name for c in catalog.categories], ("categories",), "name")
    yield from _repeated([c.code for c in catalog.categories], ("categories",), "code")
    yield from _repeated([c.name for c in catalog.calendars], ("calendars",), "name")
    yield from _repeated([e.name for e in catalog.entities], ("entities",), "name")
    for index, category in enumerate(catalog.categories):
        place: Path = ("categories", index, "requests")
        yield from _repeated([r.name for r in category.requests], place, "name")
        for number, request in enumerate(category.requests):
            names = [entity.name for entity in request.entities]
            yield from _repeated(names, (*place, number, "entities"), "name")
    for index, calendar in enumerate(catalog.calendars):
        dates = [holiday.date for holiday in calendar.holidays]
        yield from _repeated(dates, ("calendars", index, "holidays"), "date")


def _repeated(names: Sequence[str | None], place: Path, field: str) -> Iterator[Fault]:
    first: dict[str, int] = {}
    for index, name in enumerate(names):
        if name is not None and first.setdefault(normal_form(name), index) != index:
            same = "".join(f"/{step}" for step in (*ROOT, *place, first[normal_form(name)]))
            yield (*place, index, field), f"the same {field} as {same}"


def _unknown_calendars(catalog: Catalog) -> Iterator[Fault]:
    known = {normal_form(calendar.name) for calendar in catalog.calendars}
    wanted: list[tuple[Path, str | None]] = [
        ((), catalog.calendar),
        (("triage",), catalog.triage.calendar),
    ]
    for number, category in enumerate(catalog.categories):
        wanted.append((("categories", number), category.calendar))
        wanted += [
            (("categories", number, "requests", index), request.calendar)
            for index, request in enumerate(category.requests)
        ]
    for path, name in wanted:
        if name is not None and normal_form(name) not in known:
            yield (*path, "calendar"), "names no calendar of the catalog"


def _promises(handling: Handling, calendar: Calendar | None, path: Path) -> Iterator[Fault]:
    if handling.sla is not None:
        sla = handling.sla
        targets: list[tuple[Path, Target]] = [((), sla)]
        targets += [(("by_priority", name), each) for name, each in sla.by_priority if each]
        for where, target in targets:
            yield from _reachable(target, calendar, (*path, "sla", *where))
            if target.first_response:
                place = (*path, "sla", *where, "first_response")
                yield from _reachable(target.first_response, calendar, place)
    if handling.escalation is not None:
        yield from _levels(handling.escalation, calendar, (*path, "escalation"))


def _reachable(promise: Promise, calendar: Calendar | None, path: Path) -> Iterator[Fault]:
    share = calendar.week / _WEEK if calendar else 1
    if promise.duration(calendar) > _LONGEST * share:
        yield (*path, "value"), "is more than ten years"


def _levels(escalation: Escalation, calendar: Calendar | None, path: Path) -> Iterator[Fault]:
    waits = [level.after.duration(calendar) for level in escalation.levels]
    for index, (one, other) in enumerate(pairwise(waits), start=1):
        if other <= one:
            yield (*path, "levels", index, "after"), "must be later than the level before it"
