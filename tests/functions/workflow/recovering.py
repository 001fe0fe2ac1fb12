"""Calls of the recover function, and failed work for it to find."""

import json
from typing import Any
from uuid import UUID

from deskhand.store import runs, steps
from deskhand.store.connection import Connection
from deskhand.store.failed_runs import Operator
from deskhand.store.outbox import Message
from functions.recover.handler import handler
from tests import arrange
from tests.functions.conftest import event

OPERATOR = Operator("user:op", "req-9")


def call(
    method: str,
    path: str,
    body: object = None,
    *,
    resource: str | None = None,
    query: dict[str, list[str]] | None = None,
    headers: dict[str, str] | None = None,
) -> tuple[dict[str, Any], Any]:
    """The raw reply and the document in it."""
    given = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
    if body is not None:
        given = {"Content-Type": "application/json", **given}
    reply = handler(
        event(
            "recover",
            httpMethod=method,
            resource=resource or path,
            path=path,
            queryStringParameters={name: v[-1] for name, v in query.items()} if query else None,
            multiValueQueryStringParameters=query,
            headers=given,
            multiValueHeaders={name: [value] for name, value in given.items()},
            body=body if isinstance(body, str | None) else json.dumps(body),
        ),
        None,
    )
    return reply, json.loads(reply["body"])


def failures(**query: str) -> dict[str, Any]:
    """What `GET /admin/failures` answers."""
    reply, document = call(
        "GET", "/admin/failures", query={name: [value] for name, value in query.items()}
    )
    assert reply["statusCode"] == 200
    return dict(document)


def replay(body: object, **headers: str) -> tuple[dict[str, Any], Any]:
    """What `POST /admin/failures/replay` answers."""
    return call("POST", "/admin/failures/replay", body, headers=headers)


def reprocess(ticket_id: UUID, body: object = None, **headers: str) -> tuple[dict[str, Any], Any]:
    """What `POST /tickets/{id}/reprocess` answers."""
    resource = "/tickets/{ticket_id}/reprocess"
    path = f"/tickets/{ticket_id}/reprocess"
    return call("POST", path, body, resource=resource, headers=headers)


def header(reply: dict[str, Any], name: str) -> str | None:
    """The first value of a header of the reply."""
    values = reply["multiValueHeaders"].get(name)
    return values[0] if values else None


def failed(conn: Connection, step: str | None = "classify", error: str = "Broken") -> Message:
    """A run that failed in the step, or before any."""
    ticket_id, run_id = arrange.accepted(conn)
    if step:
        steps.open_step(conn, run_id, 1, step, 0)
    runs.fail(conn, run_id, 1, error, f"{error} in {step}")
    return Message(ticket_id, run_id, 1)


def run(conn: Connection, message: Message) -> dict[str, Any]:
    """The present state of the message's run."""
    row = conn.execute(
        "SELECT status, attempt, error, reason, finished_at, current_step, written_off FROM runs"
        " WHERE id = %s",
        [message.run_id],
    ).fetchone()
    assert row is not None
    return row


def events(conn: Connection, message: Message) -> list[tuple[str, str]]:
    """Kind and actor of everything that happened to the message's ticket."""
    rows = conn.execute(
        "SELECT kind, actor FROM events WHERE ticket_id = %s ORDER BY id", [message.ticket_id]
    )
    return [(row["kind"], row["actor"]) for row in rows]


def everything(conn: Connection) -> list[list[tuple[object, ...]]]:
    """All rows that a replay could change."""
    tables = ("tickets", "runs", "outbox", "events", "idempotency_keys", "step_outcomes")
    return [
        [tuple(row.values()) for row in conn.execute(f"SELECT * FROM {table} ORDER BY 1, 2, 3")]  # noqa: S608 - names of our own
        for table in tables
    ]
