"""Tickets in numbers: read by a model, remembered so that others find them, and compared."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from deskhand.errors import TicketEdited
from deskhand.similarity.bag_of_words import Bag, bag_of
from deskhand.similarity.embedders import named, numbers
from deskhand.similarity.ranking import Ranked, ranked
from deskhand.store import embedding_models, vectors
from deskhand.store.connection import Connection
from deskhand.store.embedding_models import EmbeddingModel
from deskhand.store.vectors import Near, Standing, TicketVector, Wanted
from deskhand.ticket import TicketText
from deskhand.uuid7 import uuid7_at

CANDIDATES = 60
# Of the words that few tickets have, the first ones: the subject comes first.
_RARE = 8


class Text(Protocol):
    """A ticket's text at some version."""

    @property
    def id(self) -> UUID: ...
    @property
    def subject(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def text_version(self) -> int: ...


def told(ticket: Text) -> str:
    """What is read of a ticket."""
    return TicketText(ticket.subject, ticket.body).text


def as_vector(ticket: Text, embedding: str) -> TicketVector:
    """The ticket as it is stored."""
    words = bag_of(told(ticket))
    return TicketVector(ticket.id, ticket.text_version, embedding, words.terms, words.weights)


def seen_by(model: EmbeddingModel, ticket: Text) -> TicketVector:
    """The ticket as that model sees it; raises ModelUnavailable and the like."""
    [embedding] = numbers(named(model.model), [told(ticket)])
    return as_vector(ticket, embedding)


def remembered(conn: Connection, ticket: Text) -> tuple[EmbeddingModel, TicketVector]:
    """The ticket as the serving model sees it: from now on others can find it.

    Raises TicketEdited when its text is another one by now, and what `seen_by` raises.
    """
    model = embedding_models.serving(conn)
    seen = seen_by(model, ticket)
    if vectors.put(conn, model.model, [seen]):
        return model, seen
    if embedding_models.serving(conn) != model:  # another one has taken over meanwhile
        return remembered(conn, ticket)
    raise TicketEdited


def similar(
    conn: Connection, model: EmbeddingModel, seen: TicketVector, standing: Standing, since: datetime
) -> list[Ranked[Near]]:
    """The most similar other tickets of a standing that came in since then, best first."""
    common = vectors.common_terms(conn)
    wanted = Wanted(
        ticket_id=seen.ticket_id,
        standing=standing,
        since=uuid7_at(since),
        embedding=seen.embedding,
        rare=[term for term in seen.terms if term not in common][:_RARE],
        limit=CANDIDATES,
    )
    return ranked(Bag(seen.terms, seen.weights), vectors.near(conn, model, wanted))


def beside(
    conn: Connection, model: EmbeddingModel, seen: TicketVector, ticket_id: UUID
) -> list[Ranked[Near]]:
    """A certain other ticket, whatever its standing; empty when the model has not read it."""
    found = vectors.beside(conn, model.model, ticket_id, seen.embedding)
    return ranked(Bag(seen.terms, seen.weights), [found] if found else [])
