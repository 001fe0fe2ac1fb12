"""Where the promises of the catalog and the tickets of an export do not meet."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from deskhand.audits.export import OldTicket, reference_of
from deskhand.catalog.model import Catalog
from deskhand.learning.neighbours import Pair
from deskhand.sla.clock import Clock
from deskhand.sla.clock_history import ClockHistory
from deskhand.sla.terms import SlaTerms, terms_of
from deskhand.ticket import LEVELS

# Exports cut off the seconds.
_ROUNDED = timedelta(minutes=1)


def sla_gaps(
    tickets: Sequence[OldTicket], stored: Sequence[tuple[Pair, ...]], catalog: Catalog
) -> dict[str, list[dict[str, Any]]]:
    """`without`: pairs without a promise; `missed`: tickets that were solved late, or are not
    solved and overdue when the export ends; `differing`: tickets whose SLA is not the catalog's.

    An export does not say when a ticket was paused, so a due time by the catalog is the earliest.
    """
    ends = max((at for each in tickets for at in _times(each)), default=None)
    without: Counter[Pair] = Counter()
    missed, differing = [], []
    for ticket, pairs in zip(tickets, stored, strict=True):
        pair = pairs[0] if len(pairs) == 1 else None
        terms = terms_of(catalog, *pair, _level(ticket.priority)) if pair else SlaTerms()
        if pair and terms.target is None:
            without[pair] += 1
        due = _due(ticket, terms)
        if late := _missed(ticket, due, ends):
            missed.append(late)
        if pair and (other := _differing(ticket, terms)):
            differing.append(other)
    return {
        "without": [
            {"category": category, "request_type": request_type, "tickets": count}
            for (category, request_type), count in without.most_common()
        ],
        "missed": sorted(missed, key=lambda row: (-row["late_hours"], row["place"])),
        "differing": differing,
    }


def _times(ticket: OldTicket) -> list[datetime]:
    times = (ticket.created_at, ticket.updated_at, ticket.solved_at)
    return [at for at in times if at is not None]


def _level(priority: str) -> str | None:
    """The catalog's level; other systems count ("1 - Critical", "2 normal") or use other words."""
    said = priority.casefold()
    return next((level for level in LEVELS if level in said), None)


def _due(ticket: OldTicket, terms: SlaTerms) -> tuple[datetime, str] | None:
    """The due time by the export, else by the catalog."""
    if ticket.due_at:
        return ticket.due_at, "export"
    if terms.target is None or ticket.created_at is None:
        return None
    try:
        due = Clock(ClockHistory(ticket.created_at), terms.calendar).due(terms.target)
    except OverflowError:
        return None
    return (due, "catalog") if due else None


def _missed(
    ticket: OldTicket, due: tuple[datetime, str] | None, ends: datetime | None
) -> dict[str, Any] | None:
    at = ticket.solved_at or ends
    if due is None or at is None or at <= due[0] + _ROUNDED:
        return None
    return {
        **reference_of(ticket),
        "category": ticket.category,
        "request_type": ticket.request_type,
        "due_at": due[0].isoformat(),
        "due_by": due[1],
        "solved_at": ticket.solved_at.isoformat() if ticket.solved_at else None,
        "late_hours": round((at - due[0]) / timedelta(hours=1), 1),
    }


def _differing(ticket: OldTicket, terms: SlaTerms) -> dict[str, Any] | None:
    said = f"{ticket.sla_value} {ticket.sla_unit}".strip()
    if not ticket.sla_value or terms.rule is None:
        return None
    promised = f"{terms.rule.value:g} {terms.rule.unit}"
    if _same(ticket, terms.rule.value, terms.rule.unit):
        return None
    return {**reference_of(ticket), "stored": said, "catalog": promised}


def _same(ticket: OldTicket, value: float, unit: str) -> bool:
    try:
        same = float(ticket.sla_value.replace(",", ".")) == value
    except ValueError:
        return False
    return same and ticket.sla_unit.casefold().rstrip("s") in ("", unit.rstrip("s"))
