"""The service catalogs that this environment has loaded from the database, each parsed once."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from deskhand.catalog.model import Catalog, CatalogPhrases, Phrase
from deskhand.errors import CatalogMissing
from deskhand.settings.embedder import of_name
from deskhand.store import catalog as store
from deskhand.store.connection import Connection


@dataclass(frozen=True, slots=True)
class LoadedCatalog:
    """A stored catalog with its phrases."""

    catalog: Catalog
    phrases: CatalogPhrases


# The last catalog that this environment read; its version is compared at every use.
_last: LoadedCatalog | None = None
# Catalogs without vectors, by version, which never change; and how many are remembered.
_documents: dict[str, Catalog] = {}
_REMEMBERED = 8


def activate(conn: Connection, catalog: Catalog, phrases: CatalogPhrases) -> None:
    """Stores and activates the catalog; the previous one is kept, inactive."""
    store.activate(conn, catalog.version, catalog.document, list(_rows(phrases)))


def renew(conn: Connection, catalog: Catalog, phrases: CatalogPhrases) -> None:
    """Stores the catalog's phrases as another model has embedded them; what is in force stays."""
    store.put_phrases(conn, catalog.version, list(_rows(phrases)))


def active(conn: Connection) -> LoadedCatalog | None:
    """The catalog in force, or None; read in full only when its version or the model
    of its phrases is another one."""
    global _last
    found = store.active_version(conn)
    if found is None:
        return None
    if _last is None or (_last.catalog.version, _last.phrases.model) != found:
        _last = _load(conn, found[0])
    return _last


def of_version(conn: Connection, version: str) -> LoadedCatalog:
    """The catalog of that version, also one that is no longer in force; raises CatalogMissing."""
    global _last
    if _last is None or _last.catalog.version != version:
        _last = _load(conn, version)
    if _last is None:
        raise CatalogMissing
    return _last


def in_force(conn: Connection) -> LoadedCatalog:
    """The catalog in force; raises CatalogMissing when none has been loaded yet."""
    loaded = active(conn)
    if loaded is None:
        raise CatalogMissing
    return loaded


def document_in_force(conn: Connection) -> Catalog | None:
    """The catalog in force without its vectors, or None; one round trip while it stays the same."""
    found = store.active_document(conn, known=list(_documents))
    return _parsed(*found) if found else None


def document_of(conn: Connection, version: str) -> Catalog | None:
    """The catalog of that version without its vectors, also one that is no longer in force."""
    if version in _documents:
        return _documents[version]
    document = store.document(conn, version)
    return None if document is None else _parsed(version, document)


def _parsed(version: str, document: Any) -> Catalog:
    if version not in _documents:
        if len(_documents) >= _REMEMBERED:
            _documents.clear()
        _documents[version] = _catalog(document)
    return _documents[version]


def _load(conn: Connection, version: str) -> LoadedCatalog | None:
    found = store.with_phrases(conn, version)
    if found is None:
        return None
    items = tuple(Phrase(*item) for item in found["items"])
    phrases = CatalogPhrases(items, found["vectors"], found["model"])
    return LoadedCatalog(_catalog(found["document"]), phrases)


def _catalog(document: Any) -> Catalog:
    # Its consistency was checked before it was stored; steps need not load the checks.
    return Catalog.model_validate(document["service_catalog"]["catalog"])


def _rows(phrases: CatalogPhrases) -> Iterator[dict[str, object]]:
    vectors = struct.iter_unpack(f"<{of_name(phrases.model).dimensions}f", phrases.vectors)
    for phrase, vector in zip(phrases.items, vectors, strict=True):
        yield {
            "category": phrase.category,
            "request_type": phrase.request_type,
            "kind": phrase.kind,
            "phrase": phrase.text,
            "embedding": list(vector),
            "model": phrases.model,
        }
