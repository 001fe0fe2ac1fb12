"""Tickets with a promise, moved back in time as a whole: what happened, happened earlier."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from deskhand.catalog.loaded import activate, document_in_force
from deskhand.catalog.model import Catalog
from deskhand.catalog.parse import parse_catalog
from deskhand.catalog.phrases import embed_phrases
from deskhand.sla.stored_due_time import update_due_time
from deskhand.store.connection import Connection
from tests import arrange, journeys

EIGHT_HOURS = {"unit": "hours", "value": 8}
# Two levels: at the due time, and an hour later one that raises the priority.
ESCALATION = {
    "warn_at": 75,
    "notify": ["topic"],
    "levels": [
        {"notify": ["topic", "mailto:duty@example.com"]},
        {"after": {"unit": "hours", "value": 1}, "raise_priority": True},
    ],
}


def catalog(conn: Connection, request: dict[str, Any] | None = None, **more: Any) -> Catalog:
    """Puts a catalog of the one type Network / VPN access in force."""
    kind = {"name": "VPN access", "route": "network-team", "sla": EIGHT_HOURS, **(request or {})}
    inner = {"categories": [{"name": "Network", "requests": [kind]}], "escalation": ESCALATION}
    made = parse_catalog({"service_catalog": {"catalog": inner | more}})
    with conn.transaction():
        activate(conn, made, embed_phrases(made))
    return made


def opened(conn: Connection) -> UUID:
    """A ticket of that type, high, as triage leaves it, with its clock settled."""
    ticket_id, run_id = arrange.accepted(conn)
    journeys.finish(conn, run_id)
    with conn.transaction():
        update_due_time(conn, ticket_id, document_in_force(conn))
    return ticket_id


def move_back(conn: Connection, ticket_id: UUID, by: timedelta) -> None:
    """Everything about the ticket happened that much earlier."""
    for statement in (
        "UPDATE tickets SET created_at = created_at - %(by)s, due_at = due_at - %(by)s,"
        " escalate_at = escalate_at - %(by)s WHERE id = %(id)s",
        "UPDATE events SET at = at - %(by)s WHERE ticket_id = %(id)s",
        "UPDATE events SET data = data || jsonb_build_object("
        "'new', (data ->> 'new')::timestamptz - %(by)s::interval)"
        " WHERE ticket_id = %(id)s AND kind = 'sla.due' AND data ->> 'new' IS NOT NULL",
        "UPDATE escalations SET at = at - %(by)s, due_at = due_at - %(by)s"
        " WHERE ticket_id = %(id)s",
    ):
        conn.execute(statement, {"id": ticket_id, "by": by})


def row(conn: Connection, ticket_id: UUID) -> dict[str, Any]:
    """The ticket as it is stored."""
    return dict(conn.execute("SELECT * FROM tickets WHERE id = %s", [ticket_id]).fetchone() or {})


def levels(conn: Connection) -> list[tuple[UUID, int]]:
    """Every stage that a ticket has reached."""
    rows = conn.execute("SELECT ticket_id, level FROM escalations ORDER BY ticket_id, level")
    return [(each["ticket_id"], each["level"]) for each in rows]
