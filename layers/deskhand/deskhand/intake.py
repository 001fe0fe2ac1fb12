"""Receiving a ticket: the checks in their promised order, the one transaction, the send."""

from http import HTTPStatus
from uuid import UUID

import psycopg
from aws_lambda_powertools.event_handler import Response
from botocore.exceptions import BotoCoreError, ClientError

from deskhand import body, queue
from deskhand.http import Api
from deskhand.idempotency import fingerprint, key_of
from deskhand.logs import log
from deskhand.problem import Problem
from deskhand.settings import settings
from deskhand.store import intake, outbox
from deskhand.store.connection import Connection, connection
from deskhand.store.intake import Intake
from deskhand.store.outbox import Message
from deskhand.submission import Submission
from deskhand.uuid7 import uuid7


def receive(api: Api, kind: type[Submission], answer: str, *, key_required: bool) -> Response[str]:
    """202 with the ids of the stored ticket, or the stored answer of an earlier request.

    `answer` is the reply's text with `{ticket_id}` and `{{run_id}}` in it. Raises Problem for
    everything that is the caller's to mend; such a request leaves nothing behind.
    """
    event = api.current_event
    sent = body.raw(event)
    key = key_of(event, required=key_required)
    document = body.parsed(sent)
    submission = body.validated(kind, document)
    ticket_id = uuid7()
    return _store(
        api,
        Intake(
            ticket_id=ticket_id,
            kind=kind.kind,
            caller=api.caller.id,
            route=event.resource,
            key=key,
            fingerprint=fingerprint(event.http_method, event.resource, document),
            key_hours=settings().idempotency_hours,
            request_id=api.request_id,
            answer=answer.format(ticket_id=ticket_id),
            columns=submission.columns(),
        ),
    )


def _store(api: Api, request: Intake) -> Response[str]:
    with connection() as conn:
        accepted = _accept(conn, request)
        if accepted is None:
            return _replay(api, conn, request)
        _send(conn, Message(request.ticket_id, accepted.run_id, attempt=1))
    return _accepted(api, accepted.answer, request.ticket_id)


def _accept(conn: Connection, request: Intake) -> intake.Accepted | None:
    try:
        return intake.accept(conn, request)
    except psycopg.errors.LockNotAvailable:
        raise _in_flight() from None


def _replay(api: Api, conn: Connection, request: Intake) -> Response[str]:
    """The stored answer to the same request, 422 for another one under the same key."""
    first = intake.earlier(conn, request.caller, request.route, request.key or "")
    if first is None:
        # Expired between the two statements: the next try takes the key over.
        raise _in_flight()
    if first.fingerprint != request.fingerprint:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY, "this Idempotency-Key was used for another request"
        )
    return _accepted(api, first.answer, first.ticket_id, {"Idempotency-Replayed": "true"})


def _in_flight() -> Problem:
    return Problem(
        HTTPStatus.CONFLICT,
        "a request with this Idempotency-Key is still in flight",
        headers={"Retry-After": "1"},
    )


def _accepted(
    api: Api, answer: str, ticket_id: UUID, headers: dict[str, str] | None = None
) -> Response[str]:
    # Relative to the request's own URL, so that it holds behind any stage or host name.
    location = {"Location": f"tickets/{ticket_id}"}
    return api.answer(HTTPStatus.ACCEPTED, answer, {**location, **(headers or {})})


def _send(conn: Connection, message: Message) -> None:
    """Sends and notes it. What fails here costs time, never a ticket: the relay sends again."""
    try:
        queue.send(message)
    except (BotoCoreError, ClientError) as error:
        log.warning(
            "not queued yet", extra={"run_id": message.run_id, "error": type(error).__name__}
        )
        return
    try:
        outbox.mark_sent(conn, [message])
    except psycopg.Error as error:
        log.warning(
            "not marked yet", extra={"run_id": message.run_id, "error": type(error).__name__}
        )
