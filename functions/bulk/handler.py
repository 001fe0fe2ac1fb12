"""POST /tickets/bulk: one change of many tickets; DELETE /tickets/bulk/{id} takes it back."""

from functools import partial
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api import body
from deskhand.api.idempotency import StoredAnswer, key_for, key_of, once
from deskhand.api.query import uuid_of
from deskhand.api.render import render
from deskhand.api.router import Api
from deskhand.store.connection import Connection, connection
from deskhand.store.failed_runs import Operator
from deskhand.tickets.bulk import Bulk, change_tickets
from deskhand.tickets.bulk_undo import undo

app = Api()


@app.post("/tickets/bulk")
def post_bulk() -> Response[str]:
    """Changes the tickets, each completely or not at all, and says what became of each."""
    event = app.current_event
    sent = body.raw_body(event)
    header = key_of(event, required=False)
    document = body.parse_body(sent)
    bulk = body.validate(Bulk, document)
    bulk.check()
    app.limit(app.caller.id)
    # Nothing is kept of a dry run, so its repeat is a new one.
    key = None if bulk.dry_run else key_for(event, app.caller, header, document)
    with connection() as conn:
        answer, _ = once(conn, key, partial(_changed, conn, bulk, _operator()))
    return app.answer(answer.status, answer.body, answer.headers)


@app.delete("/tickets/bulk/<bulk_id>")
def delete_bulk(bulk_id: str) -> Response[str]:
    """Takes a bulk change back where nothing has changed since; 409 for the second time."""
    wanted = uuid_of(bulk_id, "bulk_id")
    with connection() as conn:
        done = undo(conn, wanted, _operator())
    return app.answer(HTTPStatus.OK, render(done))


def _operator() -> Operator:
    return Operator(app.caller.id, app.request_id)


def _changed(conn: Connection, bulk: Bulk, operator: Operator) -> tuple[StoredAnswer, None]:
    return StoredAnswer(HTTPStatus.OK, render(change_tickets(conn, bulk, operator))), None


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
