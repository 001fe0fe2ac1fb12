"""Asking the first provider again about the tickets that another one answered."""

from functools import partial
from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from deskhand.api import body
from deskhand.api.fields import whole
from deskhand.api.query import render
from deskhand.api.router import Api
from deskhand.intake.idempotency import Answer, key_for, key_of, once
from deskhand.logs import log
from deskhand.store import fallbacks
from deskhand.store.connection import Connection, connection
from deskhand.store.recovery import Operator

AT_ONCE = 500


class Wanted(BaseModel):
    """How many tickets; a dry run only says which."""

    model_config = ConfigDict(extra="forbid", strict=True)

    limit: Annotated[int, Field(ge=1, le=AT_ONCE), BeforeValidator(whole)] = 100
    dry_run: bool = False


def reprocess(api: Api) -> Response[str]:
    """202 with the new runs of tickets whose `ai_status` is FALLBACK; 200 for a dry run.

    A repeat of the request's key is answered with the first answer; one without a key is harmless,
    since a ticket with an open run is none of them. The relay sends the messages.
    """
    event = api.current_event
    sent = body.raw(event) if event.body else b"{}"
    header = key_of(event, required=False)
    document = body.parsed(sent)
    wanted = body.validated(Wanted, document)
    api.limit(api.caller.id)
    key = key_for(event, api.caller, header, document)
    operator = Operator(api.caller.id, api.request_id)
    with connection() as conn:
        answer, count = once(conn, key, partial(_reprocess, conn, wanted, operator))
    if count is not None:
        log.info("fallbacks reprocessed", extra={"runs": count, "dry_run": wanted.dry_run})
    return api.answer(answer.status, answer.body, answer.headers)


def _reprocess(conn: Connection, wanted: Wanted, operator: Operator) -> tuple[Answer, int]:
    """The answer, and how many runs there are more."""
    # A dry run does the same and takes it back, so it cannot promise anything else.
    with conn.transaction(force_rollback=wanted.dry_run):
        tickets = fallbacks.hold(conn, wanted.limit)
        runs = fallbacks.new_runs(conn, tickets, operator.actor, operator.request_id)
        remaining = fallbacks.waiting(conn)
    document = {
        "reprocessed": [{"ticket_id": m.ticket_id, "workflow_run_id": m.run_id} for m in runs],
        "count": len(runs),
        "remaining": remaining,
        "dry_run": wanted.dry_run,
    }
    status = HTTPStatus.OK if wanted.dry_run else HTTPStatus.ACCEPTED
    return Answer(status, render(document)), len(runs)
