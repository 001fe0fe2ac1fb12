"""The SLA terms of a ticket: the catalog's promise for its type and priority."""

from dataclasses import dataclass, field
from datetime import timedelta

from deskhand.catalog.calendar import Calendar
from deskhand.catalog.model import Catalog
from deskhand.catalog.sla import PAUSES, Escalation


@dataclass(frozen=True, slots=True)
class TargetRule:
    """The place of a target in the catalog; `priority` None: it is valid for all priorities."""

    category: str
    request_type: str
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
    """The terms of a ticket; a type that is not in the catalog has no targets."""
    entry = catalog.find(category or "", request_type or "") if catalog else None
    if catalog is None or entry is None:
        return SlaTerms()
    calendar = catalog.calendar_of(entry)
    request = entry.request
    pauses = frozenset(catalog.pause_on if request.pause_on is None else request.pause_on)
    escalation = request.escalation or catalog.escalation
    if request.sla is None:
        return SlaTerms(calendar=calendar, pauses=pauses, escalation=escalation)
    promised = request.sla.target(priority)
    first = promised.first_response or request.sla.first_response
    return SlaTerms(
        target=promised.duration(calendar),
        response=first.duration(calendar) if first else None,
        calendar=calendar,
        pauses=pauses,
        escalation=escalation,
        rule=TargetRule(
            category=entry.category.name,
            request_type=request.name,
            priority=None if promised is request.sla else priority,
            unit=promised.unit,
            value=promised.value,
        ),
    )
