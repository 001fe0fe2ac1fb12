"""Vectors of tickets: made by a model, stored so that others find them, and compared."""

from datetime import datetime
from typing import Protocol
from uuid import UUID

from deskhand.errors import TicketEdited
from deskhand.similarity.bag_of_words import Bag, bag_of
from deskhand.similarity.embedders import embed_texts, embedder_of
from deskhand.similarity.ranking import Ranked, rank
from deskhand.store import embedding_models, vectors
from deskhand.store.connection import Connection
from deskhand.store.embedding_models import EmbeddingModel
from deskhand.store.vectors import Near, SearchScope, Standing, TicketVector
from deskhand.ticket import TicketText
from deskhand.uuid7 import uuid7_at

CANDIDATES = 60
# Only the first of the rare words are used: the subject comes first.
_RARE = 8


class VersionedText(Protocol):
    """A ticket's text at some version."""

    @property
    def id(self) -> UUID: ...
    @property
    def subject(self) -> str: ...
    @property
    def body(self) -> str: ...
    @property
    def text_version(self) -> int: ...


def ticket_text(ticket: VersionedText) -> str:
    """The text that an embedding model reads of a ticket."""
    return TicketText(ticket.subject, ticket.body).text


def ticket_vector(ticket: VersionedText, embedding: str) -> TicketVector:
    """The ticket's vector and words as they are stored."""
    words = bag_of(ticket_text(ticket))
    return TicketVector(ticket.id, ticket.text_version, embedding, words.terms, words.weights)


def embed_ticket(model: EmbeddingModel, ticket: VersionedText) -> TicketVector:
    """The ticket's vector by that model; raises ModelUnavailable and the other model errors."""
    [embedding] = embed_texts(embedder_of(model.model), [ticket_text(ticket)])
    return ticket_vector(ticket, embedding)


def store_vector(conn: Connection, ticket: VersionedText) -> tuple[EmbeddingModel, TicketVector]:
    """Stores the ticket's vector by the serving model: from now on searches can find the ticket.

    Raises TicketEdited when its text has changed meanwhile, and the errors of `embed_ticket`.
    """
    model = embedding_models.serving_model(conn)
    seen = embed_ticket(model, ticket)
    if vectors.put(conn, model.model, [seen]):
        return model, seen
    if embedding_models.serving_model(conn) != model:  # another model has taken over meanwhile
        return store_vector(conn, ticket)
    raise TicketEdited


def similar_tickets(
    conn: Connection, model: EmbeddingModel, seen: TicketVector, standing: Standing, since: datetime
) -> list[Ranked[Near]]:
    """The most similar other tickets of that standing, received after `since`, best first."""
    common = vectors.common_terms(conn)
    wanted = SearchScope(
        ticket_id=seen.ticket_id,
        standing=standing,
        since=uuid7_at(since),
        embedding=seen.embedding,
        rare=[term for term in seen.terms if term not in common][:_RARE],
        limit=CANDIDATES,
    )
    return rank(Bag(seen.terms, seen.weights), vectors.nearest_tickets(conn, model, wanted))


def compare(
    conn: Connection, model: EmbeddingModel, seen: TicketVector, ticket_id: UUID
) -> list[Ranked[Near]]:
    """The ticket `ticket_id`, ranked, regardless of its standing; empty when it has no vector by
    `model`."""
    found = vectors.compare(conn, model.model, ticket_id, seen.embedding)
    return rank(Bag(seen.terms, seen.weights), [found] if found else [])
