"""Lists of tickets: their pages, and how many they have.

An index gives one filter in the order of the pages. Several filters are tried on the first few
thousand tickets of the order; when those do not fill the page, few tickets fit, and the index of
attributes intersects the filters. So no list reads the whole table, whatever the planner believes
of filters that depend on each other.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, LiteralString
from uuid import UUID

from deskhand.store.connection import Connection
from deskhand.store.ticket_filter import Filter, by_attributes, conditions
from deskhand.store.tickets import REASONS


@dataclass(frozen=True)
class Cursor:
    """A place in an order: after this ticket, which had this key when its page was read."""

    id: UUID
    key: str = ""


@dataclass(frozen=True)
class Order:
    """An order of tickets: its key beside the id, and the type of that key in a cursor."""

    key: LiteralString | None
    of_row: str | None
    empty: str
    descending: bool = False

    @property
    def by(self) -> LiteralString:
        """What the tickets are sorted by."""
        way: LiteralString = " DESC" if self.descending else ""
        return "t.id" + way if self.key is None else self.key + ", t.id"


# Each has an index. Empty keys come last.
ORDERS = {
    "newest": Order(None, None, "", descending=True),
    "age": Order(None, None, ""),
    "due": Order("coalesce(t.due_at, 'infinity')", "due_at", "infinity"),
    "confidence": Order("coalesce(t.confidence, 2::real)", "confidence", "2"),
}
_TYPES: dict[str, LiteralString] = {"due_at": "timestamptz", "confidence": "real"}

# Filters of a single value whose index has the order of the ids; ranges of time go with each.
_ORDERED = ("kind", "channel", "status", "priority", "category", "request_type", "department",
            "customer_id", "assignee", "needs_review", "duplicate", "duplicate_of", "escalated",
            "owner")  # fmt: skip
_RANGES = ("created_from", "created_to")
_OPEN = frozenset({"new", "open", "pending", "hold"})
# To compare a name as people do takes as long as to read some tickets: an index leads to them.
_LABELS = ("request_type", "category")
# The tickets that are looked at one by one, and fewer where names are compared or texts searched:
# where every two hundredth fits, they fill a page of twenty.
_NEAR, _NEAR_LABELS, _NEAR_WORDS = 4_000, 1_000, 60
# So that indexes are intersected before a ticket is read. What they name is kept ticket by ticket:
# of a page in their place all texts would be searched for the words.
_BY_INDEX = {"enable_seqscan": "off", "enable_indexscan": "off", "seq_page_cost": "10",
             "random_page_cost": "10", "work_mem": "64MB"}  # fmt: skip

_ROWS: LiteralString = (
    "SELECT "  # noqa: S608 - columns of our own
    + REASONS
    + """,
           t.id, t.kind, t.subject, t.customer_id, t.department, t.tags, t.status, t.assignee,
           t.title, t.category, t.request_type, t.priority, t.confidence, t.needs_review,
           t.escalation_level, t.route, t.due_at, t.duplicate_of, t.ai_status, t.version,
           t.created_at, t.updated_at, r.id AS workflow_run_id, r.status AS workflow_status,
           r.finished_at
    FROM tickets t JOIN LATERAL (
        SELECT * FROM runs WHERE ticket_id = t.id ORDER BY id DESC LIMIT 1
    ) r ON true
"""
)
_IDS: LiteralString = "SELECT t.id FROM tickets t"
_FIRST: LiteralString = "SELECT t.id FROM (SELECT * FROM tickets t"
_FOUND: LiteralString = """
    WITH t AS MATERIALIZED (SELECT t.id, t.due_at, t.confidence FROM tickets t"""
_THESE: LiteralString = ") SELECT t.id FROM t ORDER BY "


def page(
    conn: Connection,
    wanted: Filter,
    before: Cursor | None,
    limit: int,
    owner: str | None = None,
    sort: str = "newest",
) -> list[dict[str, Any]]:
    """Up to `limit` tickets that come after `before` in the order of `sort`.

    Ids are UUIDv7, so a page stays the same while new tickets arrive before it. The statements have
    only the conditions that were given, and are planned for their values.
    """
    asked = _Asked.of(wanted, before, limit, owner, sort)
    if asked.is_simple:
        return _following(conn, asked)
    ids = _near(conn, asked)
    if len(ids) < limit:
        ids = _intersected(conn, asked)
    if not ids:
        return []
    rows = conn.execute(
        _ROWS + " WHERE t.id = ANY (%(ids)s)", {"ids": ids, "owner": owner}
    ).fetchall()
    found = {row["id"]: row for row in rows}
    return [found[each] for each in ids if each in found]


def following(
    conn: Connection, wanted: Filter, before: Cursor | None, limit: int
) -> list[dict[str, Any]]:
    """A page for those who read the whole list, newest first: tickets that do not fit are passed
    over once, and not looked for again from the start of each page."""
    return _following(conn, _Asked.of(wanted, before, limit, None, "newest"))


def _following(conn: Connection, asked: "_Asked") -> list[dict[str, Any]]:
    by: LiteralString = " ORDER BY " + asked.order.by + " LIMIT %(limit)s"
    return conn.execute(_ROWS + _where(*asked.parts.values()) + by, asked.values).fetchall()


def cursor_of(row: dict[str, Any], sort: str) -> Cursor:
    """Where a page ends whose last row this is."""
    order = ORDERS[sort]
    value = row[order.of_row] if order.of_row else ""
    if isinstance(value, datetime):
        value = value.astimezone(UTC).isoformat()
    return Cursor(row["id"], order.empty if value is None else str(value))


@dataclass(frozen=True)
class _Asked:
    """A page as conditions by their filters; `after` is the one of the cursor. `together` are the
    same conditions for the index of attributes, with `all_values`."""

    order: Order
    parts: dict[str, LiteralString]
    single: frozenset[str]
    only_open: bool
    values: dict[str, Any]
    together: dict[str, LiteralString]
    all_values: dict[str, Any]

    @classmethod
    def of(
        cls, wanted: Filter, before: Cursor | None, limit: int, owner: str | None, sort: str
    ) -> "_Asked":
        order = ORDERS[sort]
        parts, values = conditions(wanted, owner)
        together, all_values = by_attributes(wanted, owner)
        more: dict[str, Any] = {"limit": limit}
        if before:
            parts["after"] = together["after"] = _after(order)
            more |= {"before": before.id, "key": before.key}
        single = frozenset(name for name in parts if _is_single(getattr(wanted, name, None)))
        only_open = bool(wanted.status) and _OPEN.issuperset(wanted.status)
        return cls(order, parts, single, only_open, values | more, together, all_values | more)

    @property
    def is_simple(self) -> bool:
        """Whether one index has both the filter and the order."""
        filters = self.parts.keys() - {*_RANGES, "after"}
        if self.order.key is not None:
            return filters <= {self.lead}
        return not filters or (len(filters) == 1 and filters <= {*_ORDERED} & self.single)

    @property
    def lead(self) -> str | None:
        """The filter by whose index the first tickets are read in their order, if there is one."""
        if self.order.key is None:
            return next((name for name in _LABELS if name in self.single), None)
        # There is an index of each other order for all tickets, and one for the open ones.
        return "status" if self.only_open else None


def _is_single(value: object) -> bool:
    """Of the filters without a value, `owner` has one."""
    return len(value) == 1 if isinstance(value, tuple) else value is not False


def _where(*parts: LiteralString) -> LiteralString:
    return " WHERE " + (" AND ".join(parts) or "true")


def _after(order: Order) -> LiteralString:
    if order.key is None or order.of_row is None:
        return "t.id < %(before)s" if order.descending else "t.id > %(before)s"
    return "(" + order.key + ", t.id) > (%(key)s::" + _TYPES[order.of_row] + ", %(before)s)"


def _near(conn: Connection, asked: _Asked) -> list[UUID]:
    """The ids of the page as far as they are among the first tickets of the order."""
    if "q" not in asked.parts:
        alone = asked.parts.keys() - {asked.lead}
        return _first(conn, asked, _NEAR if alone.isdisjoint(_LABELS) else _NEAR_LABELS)
    ids = _first(conn, asked, _NEAR_WORDS)
    return _near_words(conn, asked) if len(ids) < asked.values["limit"] else ids


def _first(conn: Connection, asked: _Asked, near: int) -> list[UUID]:
    """The ids of those that fit of so many first tickets, each looked at by itself."""
    leads = [*_RANGES, "after", asked.lead]
    lead = [asked.parts[name] for name in leads if name in asked.parts]
    rest = [part for name, part in asked.parts.items() if name not in leads]
    by: LiteralString = " ORDER BY " + asked.order.by
    query = _FIRST + _where(*lead) + by + " LIMIT %(near)s) t" + _where(*rest) + by
    return _ids(conn, query + " LIMIT %(limit)s", asked.values | {"near": near})


def _near_words(conn: Connection, asked: _Asked) -> list[UUID]:
    """The same by the index of words, which names all tickets at once: to look for words in one
    text after the other is slow."""
    if asked.order.key is not None:
        return []
    parts = [asked.parts[name] for name in (*_RANGES, "after") if name in asked.parts]
    query = _IDS + _where(*parts) + " ORDER BY " + asked.order.by
    last = _ids(conn, query + " OFFSET %(near)s LIMIT 1", asked.values | {"near": _NEAR})
    if not last:
        return []
    until: LiteralString = "t.id > %(last)s" if asked.order.descending else "t.id < %(last)s"
    together, values = {**asked.together, "until": until}, {**asked.all_values, "last": last[0]}
    return _intersected(conn, replace(asked, together=together, all_values=values))


def _intersected(conn: Connection, asked: _Asked) -> list[UUID]:
    """The ids of the page, of all tickets that fit."""
    # The planner must not hope to meet the first ones soon in some order: it plans for all.
    query = _FOUND + _where(*asked.together.values()) + _THESE + asked.order.by
    with _by_index(conn):
        return _ids(conn, query + " LIMIT %(limit)s", asked.all_values)


@contextmanager
def _by_index(conn: Connection) -> Iterator[None]:
    """A transaction in which indexes are intersected."""
    with conn.transaction():
        conn.execute(
            "SELECT set_config(name, setting, true)"
            " FROM unnest(%(names)s::text[], %(settings)s::text[]) AS given (name, setting)",
            {"names": list(_BY_INDEX), "settings": list(_BY_INDEX.values())},
        )
        yield


def _ids(conn: Connection, query: LiteralString, values: dict[str, Any]) -> list[UUID]:
    return [row["id"] for row in conn.execute(query, values)]


# More are not counted: nobody reads them one by one.
MOST_COUNTED = 10_000
_COUNTED = ("status", "priority", "category", "needs_review", "escalated")
_SUMS: LiteralString = """
    SELECT status, priority, category, needs_review, escalated, count(*) AS n FROM (
        SELECT t.status, t.priority, t.category, t.needs_review,
               t.escalation_level > 0 AS escalated
        FROM tickets t"""


def facets(conn: Connection, wanted: Filter, owner: str | None = None) -> dict[str, Any]:
    """How many tickets the list has, `{total, complete}`, and by the values of some of its filters,
    `[{value, n}]` each.

    At most MOST_COUNTED are counted: the newest ones of a list with a single filter, any of others.
    Then the list is not `complete`, and all numbers are the least.
    """
    asked = _Asked.of(wanted, None, MOST_COUNTED, owner, "newest")
    by: LiteralString = " ORDER BY t.id DESC" if asked.is_simple else ""
    parts, values = asked.parts, asked.values
    if not asked.is_simple:
        parts, values = asked.together, asked.all_values
    query = _SUMS + _where(*parts.values()) + by + " LIMIT %(limit)s"
    query += ") AS t GROUP BY 1, 2, 3, 4, 5"
    with nullcontext() if asked.is_simple else _by_index(conn):
        rows = conn.execute(query, values).fetchall()
    total = sum(row["n"] for row in rows)
    return {
        "total": total,
        "complete": total < MOST_COUNTED,
        **{name: _values(name, rows) for name in _COUNTED},
    }


def _values(name: str, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The tickets with each value, those of most tickets first."""
    counts = Counter[Any]()
    for row in rows:
        counts[row[name]] += row["n"]
    ordered = sorted(counts.items(), key=lambda one: (-one[1], str(one[0])))
    return [{"value": value, "n": n} for value, n in ordered]
