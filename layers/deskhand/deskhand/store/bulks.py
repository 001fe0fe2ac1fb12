"""Changes of many tickets at once: what each ticket had before, until it is too late to undo."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

from psycopg.types.json import Jsonb

from deskhand.store.connection import Connection
from deskhand.store.ticket_filter import Filter, condition

KEPT_DAYS = 30


@dataclass(frozen=True)
class Changed:
    """The columns of a ticket that a bulk change wrote, before and after it."""

    ticket_id: UUID
    before: dict[str, Any]
    after: dict[str, Any]


def lock_tickets(conn: Connection, ticket_ids: Sequence[UUID]) -> list[UUID]:
    """Locks those tickets that exist, by id as every writer does, and returns their ids."""
    return _locked(conn, "t.id = ANY (%(ids)s)", {"ids": list(ticket_ids)})


def lock_selected(conn: Connection, wanted: Filter, at_most: int) -> list[UUID]:
    """Locks the oldest tickets that the filter selects, by id, and returns their ids."""
    where, values = condition(wanted)
    return _locked(conn, where, values, at_most)


_LOCKED: LiteralString = "SELECT t.id FROM tickets t WHERE "
_BY_ID: LiteralString = " ORDER BY t.id LIMIT %(at_most)s FOR NO KEY UPDATE OF t"


def _locked(
    conn: Connection, where: LiteralString, values: dict[str, Any], at_most: int | None = None
) -> list[UUID]:
    rows = conn.execute(_LOCKED + where + _BY_ID, {**values, "at_most": at_most}).fetchall()
    return [row["id"] for row in rows]


def add(
    conn: Connection, bulk_id: UUID, actor: str, change: dict[str, Any], items: Sequence[Changed]
) -> None:
    """Stores a bulk change with what it changed."""
    conn.execute(
        "INSERT INTO bulks (id, actor, change, ticket_ids)"
        " VALUES (%(id)s, %(actor)s, %(change)s, %(ticket_ids)s)",
        {
            "id": bulk_id,
            "actor": actor,
            "change": Jsonb(change),
            "ticket_ids": [item.ticket_id for item in items],
        },
    )
    conn.execute(
        """
        INSERT INTO bulk_items (bulk_id, ticket_id, before, after)
        SELECT %(id)s, ticket_id, before, after
        FROM unnest(%(ids)s::uuid[], %(before)s::jsonb[], %(after)s::jsonb[])
             AS item(ticket_id, before, after)
        """,
        {
            "id": bulk_id,
            "ids": [item.ticket_id for item in items],
            "before": [Jsonb(item.before) for item in items],
            "after": [Jsonb(item.after) for item in items],
        },
    )


def lock(conn: Connection, bulk_id: UUID) -> dict[str, Any] | None:
    """Locks a bulk change and returns it: ticket_ids, undone_at and undone_by."""
    return conn.execute(
        "SELECT ticket_ids, undone_at, undone_by FROM bulks WHERE id = %(id)s FOR UPDATE",
        {"id": bulk_id},
    ).fetchone()


def items(conn: Connection, bulk_id: UUID) -> dict[UUID, Changed]:
    """What it changed, by the ids of the tickets that exist."""
    rows = conn.execute(
        "SELECT ticket_id, before, after FROM bulk_items WHERE bulk_id = %(id)s", {"id": bulk_id}
    ).fetchall()
    return {row["ticket_id"]: Changed(**row) for row in rows}


def set_undone(conn: Connection, bulk_id: UUID, actor: str) -> None:
    """Marks the bulk change as undone."""
    conn.execute(
        "UPDATE bulks SET undone_at = now(), undone_by = %(actor)s WHERE id = %(id)s",
        {"id": bulk_id, "actor": actor},
    )


def reap(conn: Connection) -> int:
    """Deletes some of those that are too old to be undone; returns how many."""
    return conn.execute(
        """
        DELETE FROM bulks WHERE id = ANY (ARRAY(
            SELECT id FROM bulks WHERE created_at < now() - make_interval(days => %(days)s)
            ORDER BY created_at LIMIT 100 FOR UPDATE SKIP LOCKED))
        """,
        {"days": KEPT_DAYS},
    ).rowcount
