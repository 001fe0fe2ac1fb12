"""The SLA terms of a ticket: the catalog's promise for its type and priority."""

from dataclasses import dataclass, field
from datetime import timedelta

from deskhand.catalog.calendar import Calendar
from deskhand.catalog.model import Catalog, Handling
from deskhand.catalog.sla import PAUSES, Escalation


@dataclass(frozen=True, slots=True)
class TargetRule:
    """The place of a target in the catalog; `priority` None: it is valid for all priorities.

    Without a pair it is the target of the triage queue.
    """

    category: str | None
    request_type: str | None
    priority: str | None
    unit: str
    value: float


@dataclass(frozen=True, slots=True)
class SlaTerms:
    """Counted time to the solution and to the first response; None: no promise.

    `rule` is the catalog's promise that gave the target.
    """

    target: timedelta | None = None
    response: timedelta | None = None
    calendar: Calendar | None = None
    pauses: frozenset[str] = frozenset(PAUSES)
    escalation: Escalation = field(default_factory=Escalation)
    rule: TargetRule | None = None


def terms_of(
    catalog: Catalog | None, category: str | None, request_type: str | None, priority: str | None
) -> SlaTerms:
    """The terms of a ticket, without a type those of the triage queue; a type that is not in the
    catalog has no targets."""
    if catalog is None:
        return SlaTerms()
    if category is None and request_type is None:
        return _terms(catalog, catalog.triage, catalog.triage_calendar, priority, (None, None))
    entry = catalog.find(category or "", request_type or "")
    if entry is None:
        return SlaTerms()
    pair = (entry.category.name, entry.request.name)
    return _terms(catalog, entry.request, catalog.calendar_of(entry), priority, pair)


def _terms(
    catalog: Catalog,
    handling: Handling,
    calendar: Calendar | None,
    priority: str | None,
    pair: tuple[str | None, str | None],
) -> SlaTerms:
    pauses = frozenset(catalog.pause_on if handling.pause_on is None else handling.pause_on)
    escalation = handling.escalation or catalog.escalation
    if handling.sla is None:
        return SlaTerms(calendar=calendar, pauses=pauses, escalation=escalation)
    promised = handling.sla.target(priority)
    first = promised.first_response or handling.sla.first_response
    return SlaTerms(
        target=promised.duration(calendar),
        response=first.duration(calendar) if first else None,
        calendar=calendar,
        pauses=pauses,
        escalation=escalation,
        rule=TargetRule(
            category=pair[0],
            request_type=pair[1],
            priority=None if promised is handling.sla else priority,
            unit=promised.unit,
            value=promised.value,
        ),
    )
