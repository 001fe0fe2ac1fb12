"""Puts a service catalog in force; invoked by the operator, not reachable over HTTP."""

from typing import Any

from deskhand.catalog import Catalog
from deskhand.providers.embedding import embed_phrases
from deskhand.store.catalog import activate
from deskhand.store.connection import connection, patient


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Version and size of the catalog in `{"document": ...}`; a wrong one changes nothing."""
    catalog = Catalog.parse(event["document"])
    phrases = embed_phrases(catalog)
    # Another deployment may be loading one too: then this one waits and wins.
    with connection() as conn, patient(conn, 60):
        activate(conn, catalog, phrases)
    return {
        "version": catalog.version,
        "categories": len(catalog.categories),
        "request_types": len(catalog.entries),
    }
