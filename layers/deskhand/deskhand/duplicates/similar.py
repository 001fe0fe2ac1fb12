"""Finds open tickets that report the same problem as a text, as DetectDuplicates does."""

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from deskhand.api.fields import Body, Subject
from deskhand.safety.secrets.hiding import hide_in
from deskhand.settings.environment import settings
from deskhand.similarity import tickets as alike
from deskhand.similarity.ranking import Ranked
from deskhand.store import embedding_models, tickets
from deskhand.store.connection import Connection
from deskhand.store.embedding_models import EmbeddingModel
from deskhand.store.vectors import Near

_NOBODY = UUID(int=0)


class SimilarTo(BaseModel):
    """A ticket's text; `title` and `description` are accepted for `subject` and `body`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    subject: Subject = Field(validation_alias=AliasChoices("subject", "title"))
    body: Body = Field(validation_alias=AliasChoices("body", "description"))
    limit: int = Field(10, ge=1, le=50)


class _Text(NamedTuple):
    """A text in the form of a ticket that is not stored."""

    subject: str
    body: str
    id: UUID = _NOBODY
    text_version: int = 1


def find_similar(conn: Connection, wanted: SimilarTo) -> list[dict[str, Any]]:
    """The most similar tickets that a new one could be linked to, best first."""
    found = _near(conn, _Text(wanted.subject, wanted.body))[: wanted.limit]
    shown = tickets.titles(conn, [each.found.ticket_id for each in found])
    return [_shown(each, shown[id_]) for each in found if (id_ := each.found.ticket_id) in shown]


def _near(conn: Connection, text: _Text) -> list[Ranked[Near]]:
    since = datetime.now(UTC) - timedelta(days=settings().duplicate_window_days)

    def ask(model: EmbeddingModel) -> list[Ranked[Near]]:
        return alike.similar_tickets(
            conn, model, alike.embed_ticket(model, text), "original", since
        )

    return embedding_models.ask_serving(conn, ask)


def _shown(each: Ranked[Near], ticket: dict[str, Any]) -> dict[str, Any]:
    cosine = min(max(round(each.found.cosine, 4), 0.0), 1.0)
    return {**hide_in(ticket), "cosine": cosine, "score": max(each.score, 0.0)}
