"""Corrects triage; the correction applies to the next similar ticket at once."""

from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from deskhand.api.caller import Caller
from deskhand.api.fields import Label
from deskhand.refusals import existing
from deskhand.similarity import built_in
from deskhand.store import catalog, corrections, examples
from deskhand.store.connection import Connection
from deskhand.ticket import TicketText
from deskhand.tickets.edit import Condition, Edit, edit_ticket


class Correction(BaseModel):
    """The right category and request type; repeating triage's answer confirms it."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    category: Label
    request_type: Label
    priority: Literal["low", "medium", "high", "critical"] | None = None


def correct(
    conn: Connection, ticket_id: UUID, caller: Caller, said: Correction
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Stores a correction; returns it with the prediction, and the ticket for `learn`.

    Raises NotFound, and Invalid for a pair that is not in the catalog.
    """
    edit = Edit(**said.model_dump(exclude_none=True))
    row = edit_ticket(conn, ticket_id, caller, edit, Condition())
    return existing(corrections.latest(conn, ticket_id), "correction"), row


def learn(conn: Connection, ticket: dict[str, Any]) -> None:
    """Stores the vector of a corrected ticket, so that it affects the next similar ticket at
    once."""
    text = TicketText(ticket["subject"], ticket["body"])
    model = catalog.model_of_phrases(conn)
    vector = examples.literal(built_in.direction(model, [text])[0].tolist())
    examples.set_vector_of(conn, ticket["id"], ticket["text_version"], model, vector)
