"""Previews the triage of tickets without storing anything."""

from typing import Any

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from deskhand.api.fields import Body, Subject
from deskhand.catalog.loaded import LoadedCatalog, in_force
from deskhand.safety.injection.detection import examine
from deskhand.safety.secrets.hiding import hide
from deskhand.store.connection import Connection
from deskhand.ticket import TicketText
from deskhand.triage.classify_text import classify_text
from deskhand.triage.offline import OFFLINE
from deskhand.triage.priority import decide

AT_ONCE = 50


class PreviewedTicket(BaseModel):
    """A ticket's text; `title` and `description` are accepted for `subject` and `body`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    subject: Subject = Field(validation_alias=AliasChoices("subject", "title"))
    body: Body = Field(validation_alias=AliasChoices("body", "description"))


class Preview(BaseModel):
    """The tickets to preview."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    tickets: list[PreviewedTicket] = Field(min_length=1, max_length=AT_ONCE)


def preview(conn: Connection, wanted: Preview) -> list[dict[str, Any]]:
    """A triage for each ticket, made by the offline provider; raises CatalogMissing."""
    catalog = in_force(conn)
    return [_triaged(conn, catalog, ticket) for ticket in wanted.tickets]


def _triaged(conn: Connection, loaded: LoadedCatalog, sent: PreviewedTicket) -> dict[str, Any]:
    suspicion = examine(TicketText(hide(sent.subject), hide(sent.body)))
    found = classify_text(conn, OFFLINE, loaded, suspicion)
    pair = (found.category, found.request_type) if found.fits else (None, None)
    decision = decide(loaded.catalog.handling(*pair), suspicion.rest.text)
    return {
        "category": found.category,
        "request_type": found.request_type,
        "confidence": found.confidence,
        "fits": found.fits,
        "likely_places": [place.model_dump() for place in found.likely_places],
        "needs_review": found.needs_review,
        "priority": decision.priority,
        "priority_inputs": decision.inputs,
        "summary": found.summary,
        "evidence": [item.model_dump() for item in found.evidence],
        "suspected_injection": found.suspected_injection,
        "provider": found.origin.provider,
        "model": found.origin.model,
    }
