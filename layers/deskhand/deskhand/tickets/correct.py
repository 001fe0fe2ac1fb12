"""People correct triage, and the next similar ticket profits at once."""

from functools import partial
from http import HTTPStatus
from typing import Any, Literal
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, ConfigDict

from deskhand.api import body
from deskhand.api.caller import Caller
from deskhand.api.fields import Label
from deskhand.api.query import found, render, uuid_of
from deskhand.api.router import Api
from deskhand.intake.idempotency import Answer, key_for, key_of, once
from deskhand.similarity.adapters import minilm
from deskhand.store import corrections, examples
from deskhand.store.connection import Connection, connection
from deskhand.ticket import TicketText
from deskhand.tickets.edit import Condition, Edit, apply


class Correction(BaseModel):
    """Where the ticket belongs; saying what triage has said confirms it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    category: Label
    request_type: Label
    priority: Literal["low", "medium", "high", "critical"] | None = None


def correct(api: Api, ticket_id: str) -> Response[str]:
    """201 with the correction beside the prediction; the ticket has what people said.

    A repeat of the request's key is answered with the first answer and corrects nothing. Raises a
    404 Problem, and a 422 one for a pair that the catalog does not know.
    """
    event = api.current_event
    wanted = uuid_of(ticket_id)
    sent = body.raw(event)
    header = key_of(event, required=False)
    document = body.parsed(sent)
    said = body.validated(Correction, document)
    api.limit(api.caller.id)
    key = key_for(event, api.caller, header, {"ticket_id": str(wanted), "body": document})
    with connection() as conn:
        answer, row = once(conn, key, partial(_correct, conn, wanted, api.caller, said))
        if row:
            text = TicketText(row["subject"], row["body"])
            vector = examples.literal(minilm.direction([text])[0].tolist())
            examples.set_vector_of(conn, wanted, row["text_version"], minilm.MODEL, vector)
    return api.answer(answer.status, answer.body, answer.headers)


def _correct(
    conn: Connection, ticket_id: UUID, caller: Caller, said: Correction
) -> tuple[Answer, dict[str, Any]]:
    """The answer, and the ticket to learn from."""
    edit = Edit(**said.model_dump(exclude_none=True))
    row = apply(conn, ticket_id, caller, edit, Condition())
    made = found(corrections.latest(conn, ticket_id), "correction")
    return Answer(HTTPStatus.CREATED, render(made), ticket_id), row
