"""A database of its own for the comparison of texts, through the code that triage uses."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from deskhand.knowledge.articles import ArticleText, article_with_vectors, search_sections
from deskhand.settings import environment as settings_module
from deskhand.store import articles, embedding_models
from deskhand.store import connection as connection_module
from deskhand.store.connection import Connection, open_connection
from deskhand.store.limits import set_limits
from deskhand.store.migrate import migrate
from embedded.postgres import Server
from tests.eval.sets import Row


@contextmanager
def database() -> Iterator[Connection]:
    """A connection to a new one, which is gone afterwards."""
    with Server.temporary() as server:
        os.environ.update(DATABASE_URL=server.dsn, POWERTOOLS_LOG_LEVEL="WARNING")
        for cached in (settings_module.settings, connection_module.database_url):
            cached.cache_clear()
        with open_connection(server.dsn, wait_seconds=None) as conn:
            migrate(conn)
            set_limits(conn, server.dsn.rpartition("/")[2].partition("?")[0])
            yield conn


def clean(text: str) -> str:
    """The text as the API would take it."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def write(conn: Connection, docs: Sequence[Row]) -> None:
    """Each document as an article, its id as the slug."""
    model = embedding_models.serving_model(conn).model
    for doc in docs:
        text = ArticleText(title=clean(doc["title"])[:200], body=clean(doc["body"]) or "-")
        with conn.transaction():
            articles.put(conn, article_with_vectors(model, doc["id"], text))


def found(conn: Connection, question: str) -> list[str]:
    """The documents that `GET /kb/search` cites, each once, best first."""
    return list(
        dict.fromkeys(each.found.slug for each in search_sections(conn, clean(question), 50))
    )


def hits(ranks: Sequence[int | None], depth: int) -> float:
    """The share of questions with something relevant among the first `depth`."""
    return sum(rank is not None and rank <= depth for rank in ranks) / len(ranks)


def first_rank(order: Sequence[str], relevant: Sequence[str]) -> int | None:
    """The place of the first relevant one, from 1 on."""
    return next((n for n, one in enumerate(order, 1) if one in relevant), None)


def questions(docs: Sequence[Row], queries: Sequence[Row]) -> list[int | None]:
    """The place of the first relevant document for each query."""
    with database() as conn:
        write(conn, docs)
        return [first_rank(found(conn, q["query"]), q["relevant"]) for q in queries]
