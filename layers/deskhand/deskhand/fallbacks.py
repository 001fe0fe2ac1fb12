"""Asking the first provider again about the tickets that another one answered."""

from http import HTTPStatus
from typing import Annotated

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from deskhand import body
from deskhand.http import Api
from deskhand.logs import log
from deskhand.reading import render
from deskhand.store import fallbacks
from deskhand.store.connection import connection
from deskhand.submission import whole

AT_ONCE = 500


class Wanted(BaseModel):
    """How many tickets; a dry run only says which."""

    model_config = ConfigDict(extra="forbid", strict=True)

    limit: Annotated[int, Field(ge=1, le=AT_ONCE), BeforeValidator(whole)] = 100
    dry_run: bool = False


def reprocess(api: Api) -> Response[str]:
    """202 with the new runs of tickets whose `ai_status` is FALLBACK; 200 for a dry run.

    A repeat is harmless: a ticket with an open run is none of them. The relay sends the messages.
    """
    event = api.current_event
    document = body.parsed(body.raw(event)) if event.body else {}
    wanted = body.validated(Wanted, document)
    # A dry run does the same and takes it back, so it cannot promise anything else.
    with connection() as conn, conn.transaction(force_rollback=wanted.dry_run):
        tickets = fallbacks.hold(conn, wanted.limit)
        runs = fallbacks.new_runs(conn, tickets, api.caller.id, api.request_id)
        remaining = fallbacks.waiting(conn)
    log.info("fallbacks reprocessed", extra={"runs": len(runs), "dry_run": wanted.dry_run})
    answer = {
        "reprocessed": [{"ticket_id": m.ticket_id, "workflow_run_id": m.run_id} for m in runs],
        "count": len(runs),
        "remaining": remaining,
        "dry_run": wanted.dry_run,
    }
    return api.answer(HTTPStatus.OK if wanted.dry_run else HTTPStatus.ACCEPTED, render(answer))
