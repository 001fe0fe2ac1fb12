"""Collects what may help with a ticket: articles, solved tickets, the requester's own tickets."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from deskhand.knowledge import articles
from deskhand.similarity.ranking import Ranked
from deskhand.similarity.tickets import embed_ticket, similar_tickets, ticket_text
from deskhand.store import embedding_models, requester_history, vectors
from deskhand.store.articles import NearSection
from deskhand.store.connection import Connection
from deskhand.store.embedding_models import EmbeddingModel
from deskhand.store.vectors import Near
from deskhand.ticket import Ticket

SHOWN = 5
# Below this cosine, texts share little more than their language.
RELATED = 0.3
type _Near = tuple[list[Ranked[NearSection]], list[Ranked[Near]]]
_EVER = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True)
class Findings:
    """Sections and solved tickets, best first; the requester's own tickets, newest first."""

    sections: list[Ranked[NearSection]]
    solved: list[Ranked[Near]]
    history: list[dict[str, Any]]

    @property
    def document(self) -> dict[str, Any]:
        """Ids and figures only: texts are read from their source later, and may be deleted by
        then."""
        return {
            "articles": [
                {
                    "slug": each.found.slug,
                    "section": each.found.number,
                    "heading": each.found.heading,
                    **_figures(each),
                }
                for each in self.sections
            ],
            "solved": [
                {"ticket_id": str(each.found.ticket_id), **_figures(each)} for each in self.solved
            ],
            "history": [str(row["id"]) for row in self.history],
        }


def research(conn: Connection, ticket: Ticket) -> Findings:
    """The findings for a ticket; raises ModelUnavailable or another model error when the model does
    not answer."""
    sections, solved = embedding_models.ask_serving(conn, partial(_near, conn, ticket)) or ([], [])
    return Findings(
        sections=[each for each in sections if each.found.cosine >= RELATED][:SHOWN],
        solved=[each for each in solved if each.found.cosine >= RELATED][:SHOWN],
        history=requester_history.of_requester(conn, ticket.id, SHOWN),
    )


def _near(conn: Connection, ticket: Ticket, model: EmbeddingModel) -> _Near | None:
    """Sections and solved tickets near the ticket; None when there are none to search."""
    # DetectDuplicates has usually stored the vector already.
    known = vectors.vector_of(conn, model.model, ticket.id, ticket.text_version)
    seen = known or embed_ticket(model, ticket)
    sections = articles.nearest_sections(conn, model.model, ticket_text(ticket), seen.embedding)
    solved = similar_tickets(conn, model, seen, "done", _EVER)
    return (sections, solved) if sections or solved else None


def _figures(ranked: Ranked[NearSection] | Ranked[Near]) -> dict[str, float]:
    return {"cosine": round(ranked.found.cosine, 4), "score": ranked.score}
