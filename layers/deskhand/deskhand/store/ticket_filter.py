"""Filters of tickets as conditions in SQL: one predicate for lists, counts, figures and exports."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString
from uuid import UUID

from deskhand.store.figures import BEHIND


@dataclass(frozen=True)
class Filter:
    """A filter of tickets; None and () leave a column open. Of several values one must fit.

    `figure` selects the tickets behind a figure of /analytics between two moments.
    """

    kind: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    priority: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    request_type: tuple[str, ...] = ()
    department: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    customer_id: tuple[str, ...] = ()
    assignee: tuple[str, ...] = ()
    needs_review: bool | None = None
    duplicate: bool | None = None
    duplicate_of: UUID | None = None
    escalated: bool | None = None
    created_from: datetime | None = None
    created_to: datetime | None = None
    workflow_status: tuple[str, ...] = ()
    q: str | None = None
    figure: str | None = None
    figure_from: datetime | None = None
    figure_to: datetime | None = None

    def given(self) -> dict[str, Any]:
        """The filters that are not open, by name."""
        return {name: value for name, value in vars(self).items() if value not in (None, ())}

    def __bool__(self) -> bool:
        return bool(self.given())


_CONDITIONS: dict[str, LiteralString] = {
    "kind": "t.kind = ANY (%(kind)s)",
    "channel": "t.channel = ANY (%(channel)s)",
    "status": "t.status = ANY (%(status)s)",
    "priority": "t.priority = ANY (%(priority)s)",
    "category": "t.category = ANY (%(category)s)",
    "request_type": "t.request_type = ANY (%(request_type)s)",
    "department": "t.department = ANY (%(department)s)",
    "tag": "t.tags && %(tag)s::text[]",
    "customer_id": "t.customer_id = ANY (%(customer_id)s)",
    "assignee": "t.assignee = ANY (%(assignee)s)",
    "needs_review": "t.needs_review = %(needs_review)s",
    "duplicate": "(t.duplicate_of IS NOT NULL) = %(duplicate)s",
    "duplicate_of": "t.duplicate_of = %(duplicate_of)s",
    "escalated": "(t.escalation_level > 0) = %(escalated)s",
    "created_from": "t.created_at >= %(created_from)s",
    "created_to": "t.created_at < %(created_to)s",
    "workflow_status": """t.id IN (
        SELECT r.ticket_id FROM runs r WHERE r.status = ANY (%(workflow_status)s)
        AND NOT EXISTS (SELECT FROM runs n WHERE n.ticket_id = r.ticket_id AND n.id > r.id))""",
    "q": "words_of(t.subject, t.body) @@ websearch_to_tsquery('english', %(q)s)",
}


def condition(wanted: Filter, owner: str | None = None) -> tuple[LiteralString, dict[str, Any]]:
    """The condition on `tickets t`, and its parameters; with an `owner` only their tickets."""
    given = wanted.given()
    parts = [_CONDITIONS[name] for name in given if name in _CONDITIONS]
    if wanted.figure is not None:
        parts.append(BEHIND[wanted.figure])
    if owner is not None:
        parts.append("t.caller = %(owner)s")
    values = {k: list(v) if isinstance(v, tuple) else v for k, v in given.items()}
    if wanted.figure is not None:
        values |= {"figure_from": wanted.figure_from, "figure_to": wanted.figure_to}
    return " AND ".join(parts) or "true", {**values, "owner": owner}
