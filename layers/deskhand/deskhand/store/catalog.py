"""Service catalogs: their documents by version, and their phrases as vectors."""

import array
from collections.abc import Sequence
from typing import Any

from psycopg.types.json import Jsonb

from deskhand.store.connection import Connection


def activate(
    conn: Connection, version: str, document: dict[str, Any], phrases: Sequence[dict[str, object]]
) -> None:
    """Stores the catalog and puts it in force; the former one stays, inactive."""
    # Of two deployments at the same time the later one waits and wins. Readers do not wait.
    conn.execute("LOCK TABLE catalogs IN SHARE ROW EXCLUSIVE MODE")
    conn.execute("UPDATE catalogs SET active = false WHERE active")
    conn.execute(
        """
        INSERT INTO catalogs (version, document, active)
        VALUES (%(version)s, %(document)s, true)
        ON CONFLICT (version) DO UPDATE SET active = true, loaded_at = now()
        """,
        {"version": version, "document": Jsonb(document)},
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
            [{"version": version, **phrase} for phrase in phrases],
        )


def active_version(conn: Connection) -> str | None:
    """The version of the catalog in force; None when no catalog was loaded."""
    row = conn.execute("SELECT version FROM catalogs WHERE active").fetchone()
    return row["version"] if row else None


def active_document(conn: Connection, known: Sequence[str]) -> tuple[str, object] | None:
    """Version and document of the catalog in force; the document of a `known` version is None."""
    row = conn.execute(
        """
        SELECT version, CASE WHEN version <> ALL (%(known)s::text[]) THEN document END AS document
        FROM catalogs WHERE active
        """,
        {"known": list(known)},
    ).fetchone()
    return (row["version"], row["document"]) if row else None


def document(conn: Connection, version: str) -> object:
    """The document of that version; None when there is no such catalog."""
    row = conn.execute(
        "SELECT document FROM catalogs WHERE version = %(version)s", {"version": version}
    ).fetchone()
    return row["document"] if row else None


def with_phrases(conn: Connection, version: str) -> dict[str, Any] | None:
    """A catalog's `document`, its phrases as `items`, and their `vectors` in the same order."""
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
    return {**found, "vectors": _little_endian(found["vectors"])} if found else None


def _little_endian(sent: bytes) -> bytes:
    """Converts Postgres's big-endian numbers to little-endian ones, which all other code uses."""
    numbers = array.array("f", sent)
    numbers.byteswap()
    return numbers.tobytes()
