"""What triage would make of tickets, without storing anything."""

from http import HTTPStatus
from typing import Any

from aws_lambda_powertools.event_handler import Response
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from deskhand.api import body
from deskhand.api.problem import Problem
from deskhand.api.query import render
from deskhand.api.router import Api
from deskhand.errors import CatalogMissing
from deskhand.intake.submission import Body, Subject
from deskhand.models.base import TicketText
from deskhand.safety.injection.detection import examine
from deskhand.store.catalog import LoadedCatalog, in_force
from deskhand.store.connection import Connection, connection
from deskhand.triage.classify_text import classify_text
from deskhand.triage.offline import Offline
from deskhand.triage.priority import decide

AT_ONCE = 50


class PreviewedTicket(BaseModel):
    """What the requester would write; `title` and `description` are other spellings."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    subject: Subject = Field(validation_alias=AliasChoices("subject", "title"))
    body: Body = Field(validation_alias=AliasChoices("body", "description"))


class Preview(BaseModel):
    """Tickets to look at."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    tickets: list[PreviewedTicket] = Field(min_length=1, max_length=AT_ONCE)


def preview(api: Api) -> Response[str]:
    """200 with a triage for each ticket, made by the offline provider; raises a 409 Problem where
    no catalog is in force."""
    wanted = body.validated(Preview, body.parsed(body.raw(api.current_event)))
    with connection() as conn:
        try:
            loaded = in_force(conn)
        except CatalogMissing:
            raise Problem(HTTPStatus.CONFLICT, "no service catalog is in force") from None
        results = [_triaged(conn, loaded, ticket) for ticket in wanted.tickets]
    return api.answer(HTTPStatus.OK, render({"results": results}))


def _triaged(conn: Connection, loaded: LoadedCatalog, sent: PreviewedTicket) -> dict[str, Any]:
    suspicion = examine(TicketText(sent.subject, sent.body))
    found = classify_text(conn, Offline(), loaded, suspicion)
    request = loaded.catalog.entry(found.category, found.request_type).request
    decision = decide(request, suspicion.rest.text)
    return {
        "category": found.category,
        "request_type": found.request_type,
        "confidence": found.confidence,
        "fits": found.fits,
        "needs_review": found.needs_review,
        "priority": decision.priority,
        "priority_inputs": decision.inputs,
        "summary": found.summary,
        "evidence": [item.model_dump() for item in found.evidence],
        "suspected_injection": found.suspected_injection,
        "provider": found.origin.provider,
        "model": found.origin.model,
    }
