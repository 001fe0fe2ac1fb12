"""DELETE /tickets/{id}/duplicate: a person decides that a ticket is no duplicate."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response

from deskhand.api.etag import etag, tags_of
from deskhand.api.query import uuid_of
from deskhand.api.render import render
from deskhand.api.router import Api
from deskhand.duplicates.unlink import unlink
from deskhand.intake.queue import sqs
from deskhand.intake.send import send_now
from deskhand.store.connection import connection
from deskhand.store.failed_runs import Operator
from deskhand.tickets.edit import Condition
from deskhand.tickets.reading import readable

app = Api()
# Built at init, where Lambda gives more CPU than during a request.
sqs()


@app.delete("/tickets/<ticket_id>/duplicate")
def delete_duplicate(ticket_id: str) -> Response[str]:
    """Removes the link; starts a new triage when the ticket had inherited the original's."""
    wanted = uuid_of(ticket_id)
    condition = Condition(tags_of("If-Match", app.header_values("If-Match")))
    operator = Operator(app.caller.id, app.request_id)
    with connection() as conn:
        ticket, message = unlink(conn, wanted, app.caller, condition, operator)
        if message:
            send_now(conn, [message])
    shown = readable(ticket, revealed=False)
    return app.answer(HTTPStatus.OK, render(shown), {"ETag": etag(ticket["version"])})


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """The Lambda entry point."""
    return app.resolve(event, context)
