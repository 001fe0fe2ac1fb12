"""Receives a ticket: the checks in their documented order, one transaction, then the send."""

from http import HTTPStatus
from typing import Any, cast

from aws_lambda_powertools.event_handler import Response

from deskhand.api import body
from deskhand.api.caller import Caller
from deskhand.api.idempotency import (
    StoredAnswer,
    content_key,
    first_answer,
    key_for,
    key_of,
    problem_in_flight,
)
from deskhand.api.problem import problem_of
from deskhand.api.router import Api
from deskhand.intake.send import send_now
from deskhand.intake.submission import Submission
from deskhand.intake.trace import trace_of_this_call
from deskhand.safety.secrets.hiding import searchable_text
from deskhand.store import intake
from deskhand.store.connection import connection
from deskhand.store.idempotency_keys import Key
from deskhand.store.intake import Intake
from deskhand.store.outbox import Message
from deskhand.uuid7 import uuid7


def receive(api: Api, kind: type[Submission], answer: str, *, key_required: bool) -> Response[str]:
    """202 with the ids of the stored ticket, or the stored answer of an earlier request.

    `answer` is the reply's text with `{ticket_id}` and `{{run_id}}` in it. Raises Problem for every
    error of the caller; such a request stores nothing.
    """
    event = api.current_event
    sent = body.raw_body(event)
    header = key_of(event, required=key_required)
    document = body.parse_body(sent)
    columns = _columns(kind, document, api.caller)
    api.limit(api.caller.id)
    ticket_id = uuid7()
    accepted = _accept(
        Intake(
            ticket_id=ticket_id,
            kind=kind.kind,
            caller=api.caller.id,
            key=key_for(event, api.caller, header, document)
            or content_key(event, api.caller, _content(columns)),
            request_id=api.request_id,
            status=HTTPStatus.ACCEPTED,
            answer=answer.format(ticket_id=ticket_id),
            columns=columns,
            shown=searchable_text(columns),
            trace=trace_of_this_call(),
        )
    )
    # Relative to the request's URL, so that it is valid behind any stage or host name.
    location = {"Location": f"tickets/{accepted.ticket_id}"}
    return api.answer(accepted.status, accepted.body, {**location, **accepted.headers})


def _columns(kind: type[Submission], document: Any, caller: Caller) -> dict[str, Any]:
    """The columns of the ticket; a customer may only send their own `customer_id`, or omit it."""
    own = caller.customer_id
    if own is None:
        return body.validate(kind, document).columns()
    if isinstance(document, dict):
        document = {"customer_id": own, **document}
    columns = body.validate(kind, document).columns()
    if columns["customer_id"] not in (None, own, caller.id):
        raise problem_of(HTTPStatus.FORBIDDEN, "/customer_id", f"must be your own: {own}")
    return {**columns, "customer_id": own}


def _content(columns: dict[str, Any]) -> dict[str, Any]:
    """What is stored: both spellings of a field give the same key, and a new field changes none."""
    return {name: value for name, value in columns.items() if value is not None}


def _accept(request: Intake) -> StoredAnswer:
    with connection() as conn:
        with problem_in_flight():
            accepted = intake.accept(conn, request)
        if accepted is None:
            # Without a key there is no earlier request to look for.
            return first_answer(conn, cast(Key, request.key))
        message = Message(request.ticket_id, accepted.run_id, 1, request.request_id, request.trace)
        send_now(conn, [message])
    return StoredAnswer(HTTPStatus(request.status), accepted.answer, request.ticket_id)
