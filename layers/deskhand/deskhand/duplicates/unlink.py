"""People say that a ticket repeats nothing: it goes its own way again."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

from aws_lambda_powertools.event_handler import Response

from deskhand.api.etag import etag, tags_of
from deskhand.api.problem import Problem
from deskhand.api.query import found, render, uuid_of
from deskhand.api.router import Api
from deskhand.catalog import loaded
from deskhand.intake.send import send_now
from deskhand.sla.settle import settle
from deskhand.store import duplicates, edits, recovery, tickets
from deskhand.store.connection import Connection, connection
from deskhand.store.outbox import Message
from deskhand.store.recovery import Operator
from deskhand.tickets.edit import Condition


def unlink(api: Api, ticket_id: str) -> Response[str]:
    """200 with the ticket, which has a new run where its triage was its original's.

    Raises a Problem: 404, 412 by If-Match, 409 for a ticket that repeats nothing or whose run is
    still open.
    """
    wanted = uuid_of(ticket_id)
    condition = Condition(tags_of("If-Match", api.header_values("If-Match")))
    operator = Operator(api.caller.id, api.request_id)
    with connection() as conn:
        with conn.transaction():
            condition.check(found(edits.hold_all(conn, wanted, api.caller.owner), "ticket"))
            message = _unlink(conn, wanted, operator)
            # It may be open again, and its clock with it.
            settle(conn, wanted, loaded.document_in_force(conn))
            row = found(tickets.get(conn, wanted), "ticket")
        if message:
            send_now(conn, [message])
    return api.answer(HTTPStatus.OK, render(row), {"ETag": etag(row["version"])})


def _unlink(conn: Connection, ticket_id: UUID, operator: Operator) -> Message | None:
    """The message, now owed, of the run that triages the ticket itself, if it needs one."""
    state: dict[str, Any] = recovery.openness(conn, ticket_id) or {}
    if state["open_run"]:
        raise Problem(HTTPStatus.CONFLICT, f"run {state['open_run']} of the ticket is still open")
    was = duplicates.unlink(conn, ticket_id, operator.actor)
    if was is None:
        raise Problem(HTTPStatus.CONFLICT, "the ticket is no duplicate")
    closed_by_people = state["status"] == "closed" and not was["closed_by_rule"]
    if was["inherited"] and not closed_by_people:
        return recovery.new_run(conn, ticket_id, operator)
    return None
