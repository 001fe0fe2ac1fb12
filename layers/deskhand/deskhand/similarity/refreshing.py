"""Vectors that lag behind: texts that were edited, and a new embedding model that catches up."""

import time
from collections.abc import Callable
from typing import Any

from deskhand.errors import ModelUnavailable
from deskhand.logs import log
from deskhand.similarity.embedders import Embedder, configured, named, numbers
from deskhand.similarity.sections import told as told_by_section
from deskhand.similarity.tickets import as_vector, told
from deskhand.store import articles, embedding_models, vectors
from deskhand.store.articles import SectionVector
from deskhand.store.connection import Connection, connection, patient

_BATCH = 32
_SCHEMA_SECONDS = 60


def refresh(seconds: float) -> dict[str, Any]:
    """What was read within about that time, and how much there is to read.

    The configured model reads everything before it serves; until then the one before it does.
    """
    deadline = time.monotonic() + seconds
    wanted = configured()
    with connection() as conn:
        with patient(conn, _SCHEMA_SECONDS):
            embedding_models.add(conn, wanted.model, wanted.dimensions)
        serving = embedding_models.serving(conn).model
        models = dict.fromkeys((serving, wanted.model))
        read = sum(_catch_up(conn, model, deadline) for model in models)
        if serving != wanted.model and _take_over(conn, wanted.model):
            serving = wanted.model
        report = {"model": wanted.model, "serving": serving, "read_now": read}
        report |= vectors.progress(conn, wanted.model)
    log.info("vectors refreshed", extra=report)
    return report


def _catch_up(conn: Connection, model: str, deadline: float) -> int:
    """How many texts the model has read now."""
    try:
        embedder = named(model)
    except ModelUnavailable as error:
        log.warning("vectors are not kept up", extra={"reason": str(error)})
        return 0
    read = 0
    for batch in (_read_tickets, _read_sections):
        while time.monotonic() < deadline and (now := batch(conn, embedder)):
            read += now
    return read


def _read_tickets(conn: Connection, embedder: Embedder) -> int:
    texts = vectors.unread(conn, embedder.model, _BATCH)
    rows = numbers(embedder, [told(each) for each in texts])
    made = [as_vector(text, row) for text, row in zip(texts, rows, strict=True)]
    return vectors.put(conn, embedder.model, made) if made else 0


def _read_sections(conn: Connection, embedder: Embedder) -> int:
    texts = articles.unread(conn, embedder.model, _BATCH)
    rows = numbers(embedder, [told_by_section(each) for each in texts])
    made = [
        SectionVector(text.slug, text.number, row) for text, row in zip(texts, rows, strict=True)
    ]
    articles.put_vectors(conn, embedder.model, made)
    return len(made)


def _take_over(conn: Connection, model: str) -> bool:
    """Whether the model serves from now on: it has read everything. The others are dropped."""
    left: tuple[Callable[[Connection, str, int], Any], ...] = (vectors.unread, articles.unread)
    if any(unread(conn, model, 1) for unread in left):
        return False
    with patient(conn, _SCHEMA_SECONDS):
        embedding_models.let_serve(conn, model)
        for other in embedding_models.every(conn):
            embedding_models.drop(conn, other.model)
    return True
