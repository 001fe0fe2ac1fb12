"""POST /tickets/{id}/corrections: what triage should have decided, to learn from."""

from functools import partial
from http import HTTPStatus
from typing import Any
from uuid import UUID

from aws_lambda_powertools.event_handler import Response

from deskhand.api import body
from deskhand.api.idempotency import StoredAnswer, key_for, key_of, once
from deskhand.api.query import uuid_of
from deskhand.api.render import render
from deskhand.api.router import Api
from deskhand.store.connection import Connection, connection
from deskhand.tickets.correct import Correction, correct, learn

app = Api()


@app.post("/tickets/<ticket_id>/corrections")
def post_correction(ticket_id: str) -> Response[str]:
    """Stores the correction beside the prediction and changes the ticket accordingly; 201.

    A repeat of the request's key gets the first answer and changes nothing.
    """
    event = app.current_event
    wanted = uuid_of(ticket_id)
    sent = body.raw_body(event)
    header = key_of(event, required=False)
    document = body.parse_body(sent)
    said = body.validate(Correction, document)
    app.limit(app.caller.id)
    key = key_for(event, app.caller, header, {"ticket_id": str(wanted), "body": document})
    with connection() as conn:
        answer, ticket = once(conn, key, partial(_corrected, conn, wanted, said))
        if ticket:
            learn(conn, ticket)
    return app.answer(answer.status, answer.body, answer.headers)


def _corrected(
    conn: Connection, ticket_id: UUID, said: Correction
) -> tuple[StoredAnswer, dict[str, Any]]:
    made, ticket = correct(conn, ticket_id, app.caller, said)
    return StoredAnswer(HTTPStatus.CREATED, render(made), ticket_id), ticket


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
