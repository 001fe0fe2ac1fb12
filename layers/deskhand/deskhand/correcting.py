"""People correct triage, and the next similar ticket profits at once."""

from http import HTTPStatus
from typing import Literal

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, ConfigDict

from deskhand import body, editing
from deskhand.editing import Condition, Edit
from deskhand.http import Api
from deskhand.providers import embedding
from deskhand.providers.base import TicketText
from deskhand.reading import found, render, uuid_of
from deskhand.store import corrections, examples
from deskhand.store.connection import connection
from deskhand.submission import Label


class Correction(BaseModel):
    """Where the ticket belongs; saying what triage has said confirms it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    category: Label
    request_type: Label
    priority: Literal["low", "medium", "high", "critical"] | None = None


def correct(api: Api, ticket_id: str) -> Response[str]:
    """201 with the correction beside the prediction; the ticket has what people said.

    Raises a 404 Problem, and a 422 one for a pair that the catalog does not know.
    """
    wanted = uuid_of(ticket_id)
    said = body.validated(Correction, body.parsed(body.raw(api.current_event)))
    with connection() as conn:
        row = editing.apply(
            conn, wanted, api.caller, Edit(**said.model_dump(exclude_none=True)), Condition()
        )
        text = TicketText(row["subject"], row["body"])
        vector = examples.literal(embedding.direction([text])[0].tolist())
        examples.set_vector_of(conn, wanted, row["text_version"], embedding.MODEL, vector)
        made = found(corrections.latest(conn, wanted), "correction")
    return api.answer(HTTPStatus.CREATED, render(made))
