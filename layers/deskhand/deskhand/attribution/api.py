"""HTTP routes of runs of attribution: start, list, read."""

from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from deskhand.api import body
from deskhand.api.idempotency import StoredAnswer, key_for, key_of, once
from deskhand.api.problem import Problem
from deskhand.api.query import MAX_ID, Limit, digits, query_as, run_id_of
from deskhand.api.render import render
from deskhand.api.router import Api
from deskhand.attribution.runs import RunOpen, open_run
from deskhand.intake.send import send_now
from deskhand.refusals import existing
from deskhand.settings.environment import settings
from deskhand.store import attribution
from deskhand.store.connection import Connection, connection
from deskhand.store.outbox import AnyMessage, Message
from deskhand.workflow.replay import Nothing


class RunsParameters(BaseModel):
    """The query parameters of `GET /attribution/runs`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: Limit = 20
    cursor: Annotated[int, Field(ge=1, le=MAX_ID), BeforeValidator(digits)] | None = Field(
        None, description="`next_cursor` of the page before"
    )


def start_run(api: Api) -> Response[str]:
    """202 with the new run; 409 with the id of the open one."""
    event = api.current_event
    sent = body.raw_body(event) if event.body else b"{}"
    header = key_of(event, required=False)
    document = body.parse_body(sent)
    body.validate(Nothing, document)
    api.limit(api.caller.id)
    key = key_for(event, api.caller, header, document)
    with connection() as conn:
        try:
            answer, message = once(conn, key, partial(_start, conn, api.caller.id, api.request_id))
        except RunOpen as error:
            raise Problem(
                HTTPStatus.CONFLICT, str(error), [("run_id", str(error.run_id))]
            ) from None
        if message:
            send_now(conn, [message])
    return api.answer(answer.status, answer.body, answer.headers)


def list_runs(api: Api) -> Response[str]:
    """200 with a page of runs, newest first."""
    asked = query_as(RunsParameters, api.current_event)
    with connection() as conn:
        rows = attribution.page(conn, asked.cursor, asked.limit + 1)
    shown = [_shown(row) for row in rows[: asked.limit]]
    cursor = shown[-1]["id"] if len(rows) > asked.limit else None
    return api.answer(HTTPStatus.OK, render({"runs": shown, "next_cursor": cursor}))


def show_run(api: Api, run_id: str) -> Response[str]:
    """200 with the run and its counts."""
    wanted = run_id_of(run_id)
    with connection() as conn:
        run = existing(attribution.run(conn, wanted), "run")
    return api.answer(HTTPStatus.OK, render(_shown(run)))


def _start(conn: Connection, caller: str, request_id: str) -> tuple[StoredAnswer, AnyMessage]:
    message = open_run(conn, caller, request_id)
    document = {"run_id": message.run_id, "status": "PENDING"}
    return StoredAnswer(HTTPStatus.ACCEPTED, render(document)), message


def _shown(run: dict[str, Any]) -> dict[str, Any]:
    """The run with the ARN of its current attempt's execution, which may not have started yet."""
    message = Message(None, run["id"], run["attempt"])
    machine = settings().need("attribution_state_machine_arn")
    return {**run, "execution_arn": message.execution_arn(machine)}
