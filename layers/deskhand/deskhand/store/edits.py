"""Edits by people. The caller's transaction keeps the ticket locked until all is written."""

from typing import Any
from uuid import UUID

from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from deskhand.store.connection import Connection
from deskhand.store.search import without_words

_STORE = SQL(
    """
    UPDATE tickets SET
        updated_at = CASE version WHEN (%(columns)s ->> 'version')::int
                     THEN updated_at ELSE now() END,
        ({columns}) = (SELECT {columns} FROM jsonb_populate_record(NULL::tickets, %(columns)s))
    WHERE id = %(id)s
    """
)


def lock_ticket(conn: Connection, ticket_id: UUID, owner: str | None) -> dict[str, Any] | None:
    """Locks the ticket and returns its fields; None when it is not a ticket of `owner`."""
    row = conn.execute(
        """
        SELECT * FROM tickets WHERE id = %(id)s AND (%(owner)s::text IS NULL OR caller = %(owner)s)
        FOR NO KEY UPDATE
        """,
        {"id": ticket_id, "owner": owner},
    ).fetchone()
    return without_words(row)


def store_columns(conn: Connection, ticket_id: UUID, columns: dict[str, Any]) -> None:
    """Writes these columns of a ticket that `lock_ticket` locked, `version` among them.

    Postgres reads each value as its column's type, so no column is listed here.
    """
    query = _STORE.format(columns=SQL(", ").join(map(Identifier, columns)))
    conn.execute(query, {"id": ticket_id, "columns": Jsonb(columns)})


def add_event(
    conn: Connection, ticket_id: UUID, kind: str, actor: str, data: dict[str, Any]
) -> None:
    """Adds an edit to the ticket's trail."""
    conn.execute(
        "INSERT INTO events (ticket_id, kind, actor, data)"
        " VALUES (%(ticket_id)s, %(kind)s, %(actor)s, %(data)s)",
        {"ticket_id": ticket_id, "kind": kind, "actor": actor, "data": Jsonb(data)},
    )


def lock_ticket_and_runs(conn: Connection, ticket_id: UUID, owner: str | None) -> int | None:
    """Locks the ticket's runs and the ticket; returns its version, None when it is not `owner`'s.

    The runs come first, as in a step, so the two cannot deadlock. A run that began while this
    waited is not waited for, since the ticket is locked by then: raises LockNotAvailable, and the
    caller may try again.
    """
    conn.execute(
        "SELECT FROM runs WHERE ticket_id = %(id)s ORDER BY id FOR UPDATE", {"id": ticket_id}
    )
    row = conn.execute(
        """
        SELECT version FROM tickets
        WHERE id = %(id)s AND (%(owner)s::text IS NULL OR caller = %(owner)s)
        FOR UPDATE
        """,
        {"id": ticket_id, "owner": owner},
    ).fetchone()
    conn.execute("SELECT FROM runs WHERE ticket_id = %(id)s FOR UPDATE NOWAIT", {"id": ticket_id})
    return int(row["version"]) if row else None
