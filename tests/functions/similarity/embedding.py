"""Another embedding model, as tests configure it, and somebody who searches meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from uuid import UUID

import pytest

from deskhand.duplicates import detect
from deskhand.knowledge import articles
from deskhand.settings import environment
from deskhand.store import embedding_models, steps
from deskhand.store.connection import Connection, open_connection

MINI = "all-MiniLM-L6-v2"
TINY = "openai:tiny@2"


def configure(monkeypatch: pytest.MonkeyPatch, embedder: str, **more: str) -> None:
    """From now on the environment says so."""
    for name, value in {"embedder": embedder, **more}.items():
        monkeypatch.setenv(name.upper(), value)
    environment.settings.cache_clear()


def models(conn: Connection) -> list[str]:
    """Those that have vectors, the serving one first."""
    return [each.model for each in embedding_models.all_models(conn)]


@contextmanager
def searching(database: str, run: tuple[UUID, int]) -> Iterator[list[bool]]:
    """Meanwhile somebody searches all the time: whether an article, and whether a ticket was found.

    It has a connection of its own; an error is a False.
    """
    over, found = Event(), [False]

    def search() -> None:
        with open_connection(database) as conn:
            ticket = steps.open_step(conn, run[1], 1, "detect_duplicates", 0).ticket
            found.clear()
            while not over.is_set():
                found.append(False)
                answered = bool(articles.search_sections(conn, "VPN is down", 5))
                near = detect.find(conn, ticket, environment.settings())
                found[-1] = answered and near.cosine is not None

    thread = Thread(target=search)
    thread.start()
    yield found
    over.set()
    thread.join()
