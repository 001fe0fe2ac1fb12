"""The state of the place that the catalog is fetched from."""

from typing import Any

from deskhand.store.connection import Connection


def begin(conn: Connection, location: str) -> dict[str, Any]:
    """`etag` and `version` of the last answer; `in_force`: whether that catalog is in force."""
    row = conn.execute(
        """
        INSERT INTO catalog_source (location) VALUES (%(location)s)
        ON CONFLICT (location) DO UPDATE SET tried_at = now()
        RETURNING etag, version,
                  EXISTS (SELECT FROM catalogs WHERE active AND version = catalog_source.version)
                  AS in_force
        """,
        {"location": location},
    ).fetchone()
    return row or {}


def confirm(conn: Connection, location: str, etag: str | None, version: str) -> None:
    """Stores that the location answered, and with which catalog."""
    conn.execute(
        """
        UPDATE catalog_source SET etag = %(etag)s, version = %(version)s, checked_at = now(),
               error = NULL
        WHERE location = %(location)s
        """,
        {"location": location, "etag": etag, "version": version},
    )


def fail(conn: Connection, location: str, error: str) -> float:
    """Stores a failed fetch; returns the hours since the last good one, or since the first try."""
    row = conn.execute(
        """
        UPDATE catalog_source SET error = %(error)s WHERE location = %(location)s
        RETURNING extract(epoch FROM now() - coalesce(checked_at, since)) / 3600 AS hours
        """,
        {"location": location, "error": error},
    ).fetchone()
    return float(row["hours"]) if row else 0.0
