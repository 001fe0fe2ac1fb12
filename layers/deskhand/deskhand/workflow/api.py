"""HTTP routes of failed work: list, replay, reprocess."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from typing import Any
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent
from pydantic import ValidationError

from deskhand.api import body
from deskhand.api.idempotency import StoredAnswer, key_for, key_of, once
from deskhand.api.json_document import fault_of, pointer
from deskhand.api.problem import Problem
from deskhand.api.query import uuid_of
from deskhand.api.render import render
from deskhand.api.router import Api
from deskhand.intake.send import send_now
from deskhand.logs import log
from deskhand.store.connection import Connection, connection
from deskhand.store.failed_runs import FailureFilter, Operator
from deskhand.store.outbox import Message
from deskhand.workflow import dead_letters, failures, fallbacks, replay
from deskhand.workflow.dead_letters import DeadLetter, Letters
from deskhand.workflow.fallbacks import Wanted
from deskhand.workflow.replay import Nothing, Replayed
from deskhand.workflow.selection import DryRun, Everything, Group, OneRun


def list_failures(api: Api) -> Response[str]:
    """200 with the groups; dead letters are read and stay in their queue."""
    wanted = _wanted(api.current_event)
    with dead_letters.receive_letters() as held, connection() as conn:
        groups = failures.failure_groups(conn, held.letters, wanted)
    document = {"groups": groups, "dead_letters_waiting": held.waiting}
    return api.answer(HTTPStatus.OK, render(document))


def replay_selected(api: Api) -> Response[str]:
    """202 with what was replayed; for a dry run 200 with what would be replayed."""
    event = api.current_event
    sent = body.raw_body(event)
    header = key_of(event, required=False)
    document = body.parse_body(sent)
    selection = _selection(document)
    api.limit(api.caller.id)
    key = key_for(event, api.caller, header, document)
    operator = Operator(api.caller.id, api.request_id)
    with _letters(selection) as held, connection() as conn:
        action = partial(_replay, conn, selection, held.letters, operator)
        answer, done = once(conn, key, action)
        if done and not selection.dry_run:
            # Letters are deleted when `held` ends, after the commit: a crash can only leave them
            # behind.
            held.done = done.done
            send_now(conn, done.runs)
            log.info("replayed", extra={"runs": len(done.runs), "letters": len(held.done)})
    return api.answer(answer.status, answer.body, answer.headers)


def reprocess_ticket(api: Api, ticket_id: str) -> Response[str]:
    """202 with the ids of the ticket's new run."""
    event = api.current_event
    ticket = uuid_of(ticket_id)
    sent = body.raw_body(event) if event.body else b"{}"
    header = key_of(event, required=False)
    document = body.parse_body(sent)
    body.validate(Nothing, document)
    api.limit(api.caller.id)
    key = key_for(event, api.caller, header, {"ticket_id": str(ticket), "body": document})
    operator = Operator(api.caller.id, api.request_id)
    with connection() as conn:
        answer, message = once(conn, key, partial(_reprocess_ticket, conn, ticket, operator))
        if message:
            send_now(conn, [message])
    # Relative to the request's URL, so that it is valid behind any stage or host name.
    location = {"Location": f"../{ticket}"}
    return api.answer(answer.status, answer.body, {**location, **answer.headers})


def reprocess_fallbacks(api: Api) -> Response[str]:
    """202 with the new runs of tickets whose `ai_status` is FALLBACK; 200 for a dry run.

    A request with the same key receives the first answer. A repeat without a key is harmless, since
    tickets with an open run are skipped. The relay sends the messages.
    """
    event = api.current_event
    sent = body.raw_body(event) if event.body else b"{}"
    header = key_of(event, required=False)
    document = body.parse_body(sent)
    wanted = body.validate(Wanted, document)
    api.limit(api.caller.id)
    key = key_for(event, api.caller, header, document)
    operator = Operator(api.caller.id, api.request_id)
    with connection() as conn:
        answer, count = once(conn, key, partial(_reprocess_fallbacks, conn, wanted, operator))
    if count is not None:
        log.info("fallbacks reprocessed", extra={"runs": count, "dry_run": wanted.dry_run})
    return api.answer(answer.status, answer.body, answer.headers)


@contextmanager
def _letters(selection: OneRun | Group | Everything) -> Iterator[Letters]:
    """The dead letters that the selection may cover; empty when it names a step after dispatch."""
    if isinstance(selection, Everything) or (
        isinstance(selection, Group) and selection.step == failures.DISPATCH
    ):
        with dead_letters.receive_letters() as held:
            yield held
    else:
        yield Letters([], 0, [])


def _replay(
    conn: Connection,
    selection: OneRun | Group | Everything,
    letters: list[DeadLetter],
    operator: Operator,
) -> tuple[StoredAnswer, Replayed]:
    done = replay.replay(conn, selection, letters, operator)
    document = render(done.document(dry_run=selection.dry_run))
    return StoredAnswer(_status(dry_run=selection.dry_run), document), done


def _reprocess_ticket(
    conn: Connection, ticket_id: UUID, operator: Operator
) -> tuple[StoredAnswer, Message]:
    document, message = replay.reprocess(conn, ticket_id, operator)
    return StoredAnswer(HTTPStatus.ACCEPTED, render(document), ticket_id), message


def _reprocess_fallbacks(
    conn: Connection, wanted: Wanted, operator: Operator
) -> tuple[StoredAnswer, int]:
    document = fallbacks.reprocess(conn, wanted, operator)
    return StoredAnswer(_status(dry_run=wanted.dry_run), render(document)), document["count"]


def _status(*, dry_run: bool) -> HTTPStatus:
    return HTTPStatus.OK if dry_run else HTTPStatus.ACCEPTED


def _wanted(event: APIGatewayProxyEvent) -> FailureFilter:
    """The filter in the query string; raises a 400 Problem naming each wrong parameter."""
    given = event.multi_value_query_string_parameters
    wrong = [(name, "is given more than once") for name, values in given.items() if values[1:]]
    wrong += [(name, fault) for name, values in given.items() if (fault := fault_of(values[0]))]
    first = {name: values[0] for name, values in given.items()}
    try:
        asked = failures.FailuresQuery.model_validate(first)
    except ValidationError as error:
        wrong += [(str(e["loc"][0]), e["msg"]) for e in error.errors()]
    if wrong:
        raise Problem(HTTPStatus.BAD_REQUEST, "some query parameters are not valid", wrong)
    return FailureFilter(asked.step, asked.error)


_SELECTING = ("run_id", "step", "error", "all")
_CHOICE = "run_id, or step and error, or all"


def _selection(document: Any) -> OneRun | Group | Everything:
    """The selection whose member the document names; raises a 422 Problem."""
    match document:
        case {"run_id": _}:
            return body.validate(OneRun, document)
        case {"all": _}:
            return body.validate(Everything, document)
        case {"step": _} | {"error": _}:
            return body.validate(Group, document)
    body.validate(DryRun, document)
    missing = [(pointer(name), "send this one, or another selection") for name in _SELECTING]
    raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, f"nothing is selected: send {_CHOICE}", missing)
