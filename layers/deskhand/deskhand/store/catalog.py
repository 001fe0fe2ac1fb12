"""Service catalogs: their documents by version, and their phrases as vectors."""

import array
from collections.abc import Sequence
from typing import Any

from psycopg.types.json import Jsonb

from deskhand.settings.embedder import EMBEDDED
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
    put_phrases(conn, version, phrases)


def put_phrases(conn: Connection, version: str, phrases: Sequence[dict[str, object]]) -> None:
    """Stores the phrases of a catalog, each with its vector and the model of that."""
    with conn.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO catalog_phrases
                (catalog_version, category, request_type, kind, phrase, embedding, model)
            VALUES (%(version)s, %(category)s, %(request_type)s, %(kind)s, %(phrase)s,
                    %(embedding)s::real[]::vector, %(model)s)
            ON CONFLICT (catalog_version, category, request_type, kind, phrase)
            DO UPDATE SET embedding = excluded.embedding, model = excluded.model
            """,
            [{"version": version, **phrase} for phrase in phrases],
        )


def active_version(conn: Connection) -> tuple[str, str] | None:
    """The version of the catalog in force and the model of its phrases; None when no catalog was
    loaded."""
    row = conn.execute(
        """
        SELECT version, (SELECT model FROM catalog_phrases WHERE catalog_version = version LIMIT 1)
               AS model
        FROM catalogs WHERE active
        """
    ).fetchone()
    return (row["version"], row["model"]) if row else None


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
    """A catalog's `document`, its phrases as `items`, and their `vectors` by `model` in the same
    order."""
    found = conn.execute(
        """
        SELECT c.document, min(p.model) AS model,
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


def model_of_phrases(conn: Connection) -> str:
    """The model that embedded the phrases of the catalog in force, which reads tickets for
    classification; without a catalog the English one."""
    found = active_version(conn)
    return found[1] if found else EMBEDDED.name


def _little_endian(sent: bytes) -> bytes:
    """Converts Postgres's big-endian numbers to little-endian ones, which all other code uses."""
    numbers = array.array("f", sent)
    numbers.byteswap()
    return numbers.tobytes()
