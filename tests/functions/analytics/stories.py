"""Tickets with a past: what happened to them, at which moment, in the words of the event log."""

from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from deskhand.store import facts, metrics
from deskhand.store.connection import Connection
from tests import arrange
from tests.functions.gateway import call

# When, the new status, and who set it.
type Move = tuple[str, str, str]


def story(conn: Connection, created: str, *moves: Move, **columns: Any) -> UUID:
    """A ticket that was created then and moved from status to status."""
    ticket_id, _ = arrange.accepted(conn)
    status = "new"
    for at, new, actor in moves:
        conn.execute(
            "INSERT INTO events (ticket_id, kind, actor, data, at) VALUES (%s, %s, %s, %s, %s)",
            [ticket_id, "ticket.status", actor, Jsonb({"old": status, "new": new}), at],
        )
        status = new
    values = {"status": status, "priority": "high", "category": "Network", **columns}
    values["title"] = None if status == "new" else "t"
    conn.execute(
        "UPDATE tickets SET status = %(status)s, title = %(title)s, priority = %(priority)s,"
        " category = %(category)s, request_type = 'VPN access', duplicate_of = %(duplicate_of)s,"
        " created_at = %(created)s WHERE id = %(id)s",
        {"duplicate_of": None, **values, "created": created, "id": ticket_id},
    )
    return ticket_id


def counted(conn: Connection, zone: str = "UTC") -> None:
    """All that happened is counted, by the days of that zone."""
    facts.set_time_zone(conn, zone)
    metrics.fold(conn)
    facts.fill(conn, 60)


def analytics(route: str, **query: str | list[str]) -> dict[str, Any]:
    """The answer of a route of /analytics."""
    names = {"since": "from", "until": "to"}
    answer = call(
        "GET", f"/analytics/{route}", query={names.get(name, name): v for name, v in query.items()}
    )
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.body
    return found


def moment(text: str) -> datetime:
    """An ISO time."""
    return datetime.fromisoformat(text)
