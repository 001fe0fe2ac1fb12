"""Filters of tickets as conditions in SQL: one predicate for lists, counts, figures and exports."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from deskhand.store.figures import BEHIND
from deskhand.uuid7 import uuid7_at


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

    def active_filters(self) -> dict[str, Any]:
        """The filters that are not open, by name."""
        return {name: value for name, value in vars(self).items() if value not in (None, ())}

    def __bool__(self) -> bool:
        return bool(self.active_filters())


_CONDITIONS: dict[str, LiteralString] = {
    "kind": "t.kind = ANY (%(kind)s)",
    "channel": "t.channel = ANY (%(channel)s)",
    "status": "t.status = ANY (%(status)s)",
    "priority": "t.priority = ANY (%(priority)s)",
    "category": "label_of(t.category) = ANY (labels_of(%(category)s))",
    "request_type": "label_of(t.request_type) = ANY (labels_of(%(request_type)s))",
    "department": "t.department = ANY (%(department)s)",
    "tag": "t.tags && %(tag)s::text[] AND t.tags <> '{}'",
    "customer_id": "t.customer_id = ANY (%(customer_id)s)",
    "assignee": "t.assignee = ANY (%(assignee)s)",
    "duplicate_of": "t.duplicate_of = %(duplicate_of)s",
    # Ids are UUIDv7 and lead to the days; by then a clock may have been wrong by `_SKEW`.
    "created_from": "t.created_at >= %(created_from)s AND t.id >= %(created_from_id)s",
    "created_to": "t.created_at < %(created_to)s AND t.id < %(created_to_id)s",
    "workflow_status": """t.id IN (
        SELECT r.ticket_id FROM runs r WHERE r.status = ANY (%(workflow_status)s)
        AND NOT EXISTS (SELECT FROM runs n WHERE n.ticket_id = r.ticket_id AND n.id > r.id))""",
    "q": "t.search @@ search_of(%(q)s)",
}
# By their value, so that the planner sees the partial index.
_FLAGS: dict[str, tuple[LiteralString, LiteralString]] = {
    "needs_review": ("NOT t.needs_review", "t.needs_review"),
    "duplicate": ("t.duplicate_of IS NULL", "t.duplicate_of IS NOT NULL"),
    "escalated": ("t.escalation_level = 0", "t.escalation_level > 0"),
}
# What the index of attributes knows: filters by any of some values, and flags that are set.
_ATTRIBUTE: LiteralString = """attributes_of(t.kind, t.channel, t.status, t.priority, t.category,
    t.request_type, t.department, t.tags, t.assignee, t.needs_review, t.duplicate_of,
    t.escalation_level) && """
_ATTRIBUTES: dict[str, LiteralString] = {
    "kind": _ATTRIBUTE + "named_attributes('kind', %(kind)s)",
    "channel": _ATTRIBUTE + "named_attributes('channel', %(channel)s)",
    "status": _ATTRIBUTE + "named_attributes('status', %(status)s)",
    "priority": _ATTRIBUTE + "named_attributes('priority', %(priority)s)",
    "category": _ATTRIBUTE + "named_attributes('category', labels_of(%(category)s))",
    "request_type": _ATTRIBUTE + "named_attributes('request_type', labels_of(%(request_type)s))",
    "department": _ATTRIBUTE + "named_attributes('department', %(department)s)",
    "tag": _ATTRIBUTE + "named_attributes('tag', %(tag)s)",
    "assignee": _ATTRIBUTE + "named_attributes('assignee', %(assignee)s)",
    "needs_review": _ATTRIBUTE + "named_attributes('needs_review', '{true}')",
    "duplicate": _ATTRIBUTE + "named_attributes('duplicate', '{true}')",
    "escalated": _ATTRIBUTE + "named_attributes('escalated', '{true}')",
}
# Between the making of a ticket's id and its `created_at`.
_SKEW = timedelta(hours=1)
_FIRST, _LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9999, 12, 1, tzinfo=UTC)


def condition(wanted: Filter, owner: str | None = None) -> tuple[LiteralString, dict[str, Any]]:
    """The condition on `tickets t`, and its parameters; with an `owner` only their tickets."""
    parts, values = conditions(wanted, owner)
    return " AND ".join(parts.values()) or "true", values


def conditions(
    wanted: Filter, owner: str | None = None
) -> tuple[dict[str, LiteralString], dict[str, Any]]:
    """The conditions by the names of their filters (`owner` is one), and all parameters."""
    given = wanted.active_filters()
    single = {name for name, value in given.items() if name != "tag" and _is_single(value)}
    parts = {
        name: _of_one(_CONDITIONS[name]) if name in single else _CONDITIONS[name]
        for name in given
        if name in _CONDITIONS
    }
    parts |= {name: _FLAGS[name][given[name]] for name in given if name in _FLAGS}
    if wanted.figure is not None:
        parts["figure"] = BEHIND[wanted.figure]
    if owner is not None:
        parts["owner"] = "t.caller = %(owner)s"
    values = {
        name: value[0] if name in single else list(value) if isinstance(value, tuple) else value
        for name, value in given.items()
    }
    if wanted.figure is not None:
        values |= {"figure_from": wanted.figure_from, "figure_to": wanted.figure_to}
    values |= _ids(given)
    return parts, {**values, "owner": owner}


def by_attributes(
    wanted: Filter, owner: str | None = None
) -> tuple[dict[str, LiteralString], dict[str, Any]]:
    """The same conditions for the index of attributes, which intersects any number of them."""
    parts, values = conditions(wanted, owner)
    for name, value in wanted.active_filters().items():
        if name in _ATTRIBUTES and value is not False:
            parts[name] = _ATTRIBUTES[name]
            values[name] = list(value) if isinstance(value, tuple) else value
    return parts, values


def _is_single(value: object) -> bool:
    return isinstance(value, tuple) and len(value) == 1


def _of_one(part: LiteralString) -> LiteralString:
    """The condition for a single value: only with that do tickets come from an index in order."""
    return part.replace("= ANY (labels_of(", "= (label_of(").replace("= ANY (", "= (")


def _ids(given: dict[str, Any]) -> dict[str, UUID]:
    """The ids between which tickets of the asked time lie."""
    moments = {name: given[name] for name in ("created_from", "created_to") if name in given}
    return {
        f"{name}_id": uuid7_at(min(max(at, _FIRST), _LAST) + (_SKEW if "to" in name else -_SKEW))
        for name, at in moments.items()
    }
