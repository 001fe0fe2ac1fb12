"""The service catalog in force, with its phrases as vectors."""

import array
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from psycopg.types.json import Jsonb

from deskhand.catalog.model import Catalog, CatalogPhrases, Phrase
from deskhand.errors import CatalogMissing
from deskhand.store.connection import Connection

_DIMENSIONS = 384


@dataclass(frozen=True, slots=True)
class LoadedCatalog:
    """A catalog as it is stored, with its phrases."""

    catalog: Catalog
    phrases: CatalogPhrases


# The last catalog that this environment read; its version is compared at every use.
_last: LoadedCatalog | None = None
# Catalogs without vectors, by version, which never change; and how many are remembered.
_documents: dict[str, Catalog] = {}
_REMEMBERED = 8


def activate(conn: Connection, catalog: Catalog, phrases: CatalogPhrases) -> None:
    """Store the catalog and put it in force; the one before stays, inactive."""
    # Two deployments at once: the later one waits and wins. Readers are not held up.
    conn.execute("LOCK TABLE catalogs IN SHARE ROW EXCLUSIVE MODE")
    conn.execute("UPDATE catalogs SET active = false WHERE active")
    conn.execute(
        """
        INSERT INTO catalogs (version, document, active)
        VALUES (%(version)s, %(document)s, true)
        ON CONFLICT (version) DO UPDATE SET active = true, loaded_at = now()
        """,
        {"version": catalog.version, "document": Jsonb(catalog.document)},
    )
    with conn.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO catalog_phrases
                (catalog_version, category, request_type, kind, phrase, embedding)
            VALUES (%(version)s, %(category)s, %(request_type)s, %(kind)s, %(phrase)s,
                    %(embedding)s::real[]::vector)
            ON CONFLICT (catalog_version, category, request_type, kind, phrase)
            DO UPDATE SET embedding = excluded.embedding
            """,
            list(_rows(catalog.version, phrases)),
        )


def active(conn: Connection) -> LoadedCatalog | None:
    """The catalog in force, or None; read in full only when its version is a new one."""
    global _last
    row = conn.execute("SELECT version FROM catalogs WHERE active").fetchone()
    if row is None:
        return None
    if _last is None or _last.catalog.version != row["version"]:
        _last = _load(conn, row["version"])
    return _last


def in_force(conn: Connection) -> LoadedCatalog:
    """The catalog in force; raises CatalogMissing when none has been loaded yet."""
    loaded = active(conn)
    if loaded is None:
        raise CatalogMissing
    return loaded


def document_in_force(conn: Connection) -> Catalog | None:
    """The catalog in force without its vectors, or None; one round trip while it stays the same."""
    row = conn.execute(
        """
        SELECT version, CASE WHEN version <> ALL (%(known)s::text[]) THEN document END AS document
        FROM catalogs WHERE active
        """,
        {"known": list(_documents)},
    ).fetchone()
    return _document(row["version"], row["document"]) if row else None


def document_of(conn: Connection, version: str) -> Catalog | None:
    """The catalog of that version without its vectors, also one that is no longer in force."""
    if version in _documents:
        return _documents[version]
    row = conn.execute(
        "SELECT document FROM catalogs WHERE version = %(version)s", {"version": version}
    ).fetchone()
    return _document(version, row["document"]) if row else None


def _document(version: str, document: object) -> Catalog:
    if version not in _documents:
        if len(_documents) >= _REMEMBERED:
            _documents.clear()
        _documents[version] = Catalog.parse(document)
    return _documents[version]


def _load(conn: Connection, version: str) -> LoadedCatalog | None:
    found = conn.execute(
        """
        SELECT c.document,
               array_agg(ARRAY[p.category, p.request_type, p.kind, p.phrase]
                         ORDER BY p.category, p.request_type, p.kind, p.phrase) AS items,
               string_agg(substr(vector_send(p.embedding), 5), ''::bytea
                          ORDER BY p.category, p.request_type, p.kind, p.phrase) AS vectors
        FROM catalogs c JOIN catalog_phrases p ON p.catalog_version = c.version
        WHERE c.version = %(version)s
        GROUP BY c.version
        """,
        {"version": version},
    ).fetchone()
    if found is None:
        return None
    items = tuple(Phrase(*item) for item in found["items"])
    return LoadedCatalog(
        Catalog.parse(found["document"]), CatalogPhrases(items, _little_endian(found["vectors"]))
    )


def _rows(version: str, phrases: CatalogPhrases) -> Iterator[dict[str, object]]:
    vectors = struct.iter_unpack(f"<{_DIMENSIONS}f", phrases.vectors)
    for phrase, vector in zip(phrases.items, vectors, strict=True):
        yield {
            "version": version,
            "category": phrase.category,
            "request_type": phrase.request_type,
            "kind": phrase.kind,
            "phrase": phrase.text,
            "embedding": list(vector),
        }


def _little_endian(sent: bytes) -> bytes:
    """Postgres sends numbers big end first; everything else here keeps them the other way."""
    numbers = array.array("f", sent)
    numbers.byteswap()
    return numbers.tobytes()
