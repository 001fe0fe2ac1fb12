"""Tickets and runs in the states that tests start from."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from psycopg.sql import SQL, Identifier

from deskhand.intake.submission import TicketSubmission
from deskhand.safety.secrets.hiding import searchable_text
from deskhand.store import intake
from deskhand.store.connection import Connection
from deskhand.store.idempotency_keys import Key
from deskhand.store.intake import Intake
from deskhand.uuid7 import uuid7

COLUMNS: dict[str, Any] = TicketSubmission(
    subject="Laptop does not start",
    body="The screen stays black since this morning.",
    customer_id="c-1",
).columns()

# Another value for each field that callers send or people change.
OTHERS: dict[str, Any] = {
    "subject": "Screen is black",
    "body": "",
    "customer_id": "c-9",
    "status": "pending",
    "priority": "critical",
    "category": "Network",
    "request_type": "VPN access",
    "assignee": "agent 7",
    "department": "Sales",
    "tags": ["screen", "laptop"],
    "channel": "mail",
    "needs_review": True,
    "metadata": {"rooms": [1, 2.5, None, True], "é": {"a": "b"}},
}

TABLES = ("tickets", "runs", "outbox", "events", "idempotency_keys")


def count(conn: Connection, table: str) -> int:
    """How many rows a table has."""
    query = SQL("SELECT count(*) AS n FROM {}").format(Identifier(table))
    return int(conn.execute(query).fetchone()["n"])


def request(key: str | None = None, **columns: object) -> Intake:
    """A request to accept a ticket."""
    ticket_id, stored = uuid7(), {**COLUMNS, **columns}
    return Intake(
        ticket_id=ticket_id,
        kind="ticket",
        caller="anonymous",
        key=Key("anonymous", "/tickets", key, b"the same", 72) if key else None,
        request_id="req-1",
        status=202,
        answer=f'{{"ticket_id":"{ticket_id}","workflow_run_id":{{run_id}}}}',
        columns=stored,
        shown=searchable_text(stored),
    )


def accepted(conn: Connection, **columns: object) -> tuple[UUID, int]:
    """A stored ticket and its open run."""
    wanted = request(None, **columns)
    stored = intake.accept(conn, wanted)
    assert stored is not None
    return wanted.ticket_id, stored.run_id


def sent(conn: Connection) -> None:
    """The queue has every message that was owed."""
    conn.execute("UPDATE outbox SET sent_at = now()")


def again(first: Intake) -> Intake:
    """The same request as a repeat sends it: with a ticket id of its own."""
    return replace(first, ticket_id=uuid7())
