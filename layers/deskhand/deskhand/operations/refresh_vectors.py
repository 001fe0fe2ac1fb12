"""Refreshes outdated vectors: of edited texts, and of all texts for a new embedding model."""

import time
from typing import Any

from deskhand.catalog.loaded import active, renew
from deskhand.catalog.phrases import embed_phrases
from deskhand.errors import OF_MODELS
from deskhand.knowledge.section_text import section_text
from deskhand.logs import log
from deskhand.settings.embedder import classifying
from deskhand.similarity.embedders import Embedder, configured_embedder, embed_texts, embedder_of
from deskhand.similarity.tickets import ticket_text, ticket_vector
from deskhand.store import articles, embedding_models, vectors
from deskhand.store.articles import SectionVector
from deskhand.store.connection import Connection, connection, patient

SCHEMA_SECONDS = 60


def refresh(seconds: float) -> dict[str, Any]:
    """Embeds texts for about `seconds`; returns how many were done and how many are left.

    A newly configured model embeds everything before it serves; until then the previous one serves.
    A model that fails is tried again in the next call. Raises SettingInvalid when the configured
    one lacks a setting.
    """
    deadline = time.monotonic() + seconds
    wanted = configured_embedder()
    with connection() as conn:
        with patient(conn, SCHEMA_SECONDS):
            embedding_models.add(conn, wanted.name, wanted.dimensions)
        _renew_phrases(conn, classifying(wanted).name)
        serving = embedding_models.serving_model(conn).model
        models = dict.fromkeys((serving, wanted.name))
        read = sum(_catch_up(conn, model, deadline) for model in models)
        if _take_over(conn, wanted.name):
            serving = wanted.name
        report = {"model": wanted.name, "serving": serving, "read_now": read}
        report |= vectors.progress(conn, wanted.name)
    log.info("vectors refreshed", extra=report)
    return report


def _renew_phrases(conn: Connection, model: str) -> None:
    """Lets that built-in model classify: the phrases of the catalog in force decide which one.

    What was learnt is read by it from then on, and until then the wording of the catalog decides.
    """
    loaded = active(conn)
    if loaded and loaded.phrases.model != model:
        phrases = embed_phrases(loaded.catalog, model)
        with patient(conn, SCHEMA_SECONDS):
            renew(conn, loaded.catalog, phrases)


def _catch_up(conn: Connection, model: str, deadline: float) -> int:
    """Embeds texts that the model has not read; returns how many."""
    read = 0
    try:
        embedder = embedder_of(model)
        for batch in (_read_tickets, _read_sections):
            while time.monotonic() < deadline and (now := batch(conn, embedder)):
                read += now
    except OF_MODELS as error:
        # Continue with the others: an unavailable old model must not block a new one.
        reason = {"error": type(error).__name__, "reason": str(error), "model": model}
        log.warning("vectors are not kept up", extra=reason)
    return read


def _read_tickets(conn: Connection, embedder: Embedder) -> int:
    texts = vectors.unread_tickets(conn, embedder.model, embedder.batch)
    rows = embed_texts(embedder, [ticket_text(each) for each in texts])
    made = [ticket_vector(text, row) for text, row in zip(texts, rows, strict=True)]
    return vectors.put(conn, embedder.model, made) if made else 0


def _read_sections(conn: Connection, embedder: Embedder) -> int:
    texts = articles.unread_sections(conn, embedder.model, embedder.batch)
    rows = embed_texts(embedder, [section_text(each) for each in texts])
    made = [
        SectionVector(text.slug, text.number, row) for text, row in zip(texts, rows, strict=True)
    ]
    return articles.put_vectors(conn, embedder.model, made) if made else 0


def _take_over(conn: Connection, model: str) -> bool:
    """Lets the model serve if it has read everything, and drops the others; False otherwise."""
    serves = embedding_models.serving_model(conn).model == model
    if not serves and any(
        unread(conn, model, 1) for unread in (vectors.unread_tickets, articles.unread_sections)
    ):
        return False
    others = [each.model for each in embedding_models.all_models(conn) if each.model != model]
    if serves and not others:
        return True
    with patient(conn, SCHEMA_SECONDS):
        embedding_models.lock_vectors(conn)
        if not serves and not embedding_models.start_serving(conn, model):
            return False
        for other in others:
            embedding_models.drop(conn, other)
    return True
