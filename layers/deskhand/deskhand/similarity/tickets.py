"""Vectors of tickets: made by a model, stored so that others find them, and compared."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from deskhand.errors import TicketEdited
from deskhand.similarity.bag_of_words import Bag, bag_of
from deskhand.similarity.embedders import embedder_named, numbers
from deskhand.similarity.ranking import Ranked, rank
from deskhand.store import embedding_models, vectors
from deskhand.store.connection import Connection
from deskhand.store.embedding_models import EmbeddingModel
from deskhand.store.vectors import Near, Role, TicketVector, Wanted
from deskhand.ticket import TicketText
from deskhand.uuid7 import uuid7_at

CANDIDATES = 60
# Only the first of the rare words are used: the subject comes first.
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


def ticket_text(ticket: Text) -> str:
    """The text that an embedding model reads of a ticket."""
    return TicketText(ticket.subject, ticket.body).text


def as_vector(ticket: Text, embedding: str) -> TicketVector:
    """The ticket's vector and words as they are stored."""
    words = bag_of(ticket_text(ticket))
    return TicketVector(ticket.id, ticket.text_version, embedding, words.terms, words.weights)


def vector_by(model: EmbeddingModel, ticket: Text) -> TicketVector:
    """The ticket's vector by that model; raises ModelUnavailable and the other model errors."""
    [embedding] = numbers(embedder_named(model.model), [ticket_text(ticket)])
    return as_vector(ticket, embedding)


def store_vector(conn: Connection, ticket: Text) -> tuple[EmbeddingModel, TicketVector]:
    """Stores the ticket's vector by the serving model: from now on searches can find the ticket.

    Raises TicketEdited when its text has changed meanwhile, and the errors of `vector_by`.
    """
    model = embedding_models.serving_model(conn)
    seen = vector_by(model, ticket)
    if vectors.put(conn, model.model, [seen]):
        return model, seen
    if embedding_models.serving_model(conn) != model:  # another model has taken over meanwhile
        return store_vector(conn, ticket)
    raise TicketEdited


def similar(
    conn: Connection, model: EmbeddingModel, seen: TicketVector, standing: Role, since: datetime
) -> list[Ranked[Near]]:
    """The most similar other tickets of that role, received after `since`, best first."""
    common = vectors.common_terms(conn)
    wanted = Wanted(
        ticket_id=seen.ticket_id,
        standing=standing,
        since=uuid7_at(since),
        embedding=seen.embedding,
        rare=[term for term in seen.terms if term not in common][:_RARE],
        limit=CANDIDATES,
    )
    return rank(Bag(seen.terms, seen.weights), vectors.near(conn, model, wanted))


def beside(
    conn: Connection, model: EmbeddingModel, seen: TicketVector, ticket_id: UUID
) -> list[Ranked[Near]]:
    """The ticket `ticket_id`, ranked, regardless of its role; empty when it has no vector by
    `model`."""
    found = vectors.beside(conn, model.model, ticket_id, seen.embedding)
    return rank(Bag(seen.terms, seen.weights), [found] if found else [])
