"""Events and audit rows that name a person: the rows stay, the names go, one step of ids at a time.

The facts that follow from events are counted anew in the same transaction.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import batched
from typing import Any, LiteralString

from psycopg.sql import SQL, Identifier

from deskhand.store import facts
from deskhand.store.connection import Connection, patient
from deskhand.store.erasure import Marks

# Ids that are looked through at once.
STEP = 20_000
_SECONDS = 60

_NAMED_BY_EVENT: LiteralString = """
    (lower(actor) = ANY (%(callers)s)
     OR data @? '$.changes.assignee' AND
        (lower(data #>> '{changes,assignee,old}') = ANY (%(names)s)
         OR lower(data #>> '{changes,assignee,new}') = ANY (%(names)s))
     OR data @? '$.changes.customer_id' AND
        (lower(data #>> '{changes,customer_id,old}') = ANY (%(names)s)
         OR lower(data #>> '{changes,customer_id,new}') = ANY (%(names)s)))
"""
_NAMED_BY_AUDIT: LiteralString = """
    (lower(actor) = ANY (%(callers)s) OR lower(data ->> 'caller') = ANY (%(callers)s))
"""
_ERASE_EVENTS = SQL(
    """
    UPDATE events SET
        actor = CASE WHEN lower(actor) = ANY (%(callers)s) THEN 'erased' ELSE actor END,
        data = CASE WHEN data @? '$.changes' THEN jsonb_set(data, '{{changes}}', coalesce((
            SELECT jsonb_object_agg(field, CASE WHEN field IN ('assignee', 'customer_id') THEN (
                SELECT jsonb_object_agg(side, CASE WHEN lower(said #>> '{{}}') = ANY (%(names)s)
                                              THEN '"erased"'::jsonb ELSE said END)
                FROM jsonb_each(change) AS one(side, said)) ELSE change END)
            FROM jsonb_each(data -> 'changes') AS each(field, change)), '{{}}')) ELSE data END
    WHERE id >= %(low)s AND id < %(high)s AND {}
    RETURNING ticket_id
    """
).format(SQL(_NAMED_BY_EVENT))
_ERASE_AUDIT = SQL(
    """
    UPDATE audit SET
        actor = CASE WHEN lower(actor) = ANY (%(callers)s) THEN 'erased' ELSE actor END,
        data = CASE WHEN lower(data ->> 'caller') = ANY (%(callers)s)
               THEN data || '{{"caller": "erased"}}' ELSE data END
    WHERE id >= %(low)s AND id < %(high)s AND {}
    """
).format(SQL(_NAMED_BY_AUDIT))


@dataclass(frozen=True)
class Trail:
    """A long table of what happened, by ids."""

    table: LiteralString
    named: LiteralString
    erase: Callable[[Connection, Marks, int], int]


def _erase_events(conn: Connection, marks: Marks, low: int) -> int:
    with patient(conn, _SECONDS):
        facts.lock(conn)
        rows = conn.execute(_ERASE_EVENTS, _step(marks, low)).fetchall()
        tickets = {row["ticket_id"] for row in rows if row["ticket_id"]}
        for ids in batched(sorted(tickets), facts.BATCH, strict=False):
            facts.recount(conn, ids)
        return len(rows)


def _erase_audit(conn: Connection, marks: Marks, low: int) -> int:
    with patient(conn, _SECONDS):
        return conn.execute(_ERASE_AUDIT, _step(marks, low)).rowcount


def _step(marks: Marks, low: int) -> dict[str, Any]:
    return {**marks, "low": low, "high": low + STEP}


TRAILS = (
    Trail("events", _NAMED_BY_EVENT, _erase_events),
    Trail("audit", _NAMED_BY_AUDIT, _erase_audit),
)


def last_id(conn: Connection, trail: Trail) -> int:
    """The highest id of a trail; 0 where it is empty."""
    query = SQL("SELECT coalesce(max(id), 0) AS id FROM {}").format(Identifier(trail.table))
    row = conn.execute(query).fetchone()
    return int(row["id"]) if row else 0
