"""Imports of old tickets: the progress of each, and the rows that were refused."""

from collections.abc import Sequence
from typing import Any

from deskhand.store.connection import Connection

_ERRORS_SHOWN = 100


def lock_import(conn: Connection, import_id: str, actor: str) -> int:
    """Locks the import and returns the number of rows it has received, 0 for a new one."""
    conn.execute(
        """
        INSERT INTO imports (id, actor) VALUES (%(id)s, %(actor)s) ON CONFLICT (id) DO NOTHING
        """,
        {"id": import_id, "actor": actor},
    )
    row = conn.execute(
        "SELECT received FROM imports WHERE id = %(id)s FOR UPDATE", {"id": import_id}
    ).fetchone()
    return int(row["received"]) if row else 0


def advance(
    conn: Connection, import_id: str, stored: int, errors: Sequence[tuple[int, str, str]]
) -> None:
    """Counts the rows of a chunk, and stores (row, JSON pointer, detail) of each refused one."""
    with conn.cursor() as cursor:
        cursor.executemany(
            """
            INSERT INTO import_errors (import_id, row, pointer, detail)
            VALUES (%(id)s, %(row)s, %(pointer)s, %(detail)s) ON CONFLICT DO NOTHING
            """,
            [
                {"id": import_id, "row": row, "pointer": pointer, "detail": detail}
                for row, pointer, detail in errors
            ],
        )
    rejected = len({row for row, _, _ in errors})
    conn.execute(
        """
        UPDATE imports SET received = received + %(stored)s + %(rejected)s,
               stored = stored + %(stored)s, rejected = rejected + %(rejected)s, updated_at = now()
        WHERE id = %(id)s
        """,
        {"id": import_id, "stored": stored, "rejected": rejected},
    )


def delete_import(conn: Connection, import_id: str) -> bool:
    """Deletes an import with its examples; False when it does not exist. An example that a later
    import brought again belongs to that one and stays.
    """
    # Waits for a chunk that is being received, see `lock_import`.
    if not conn.execute(
        "SELECT FROM imports WHERE id = %(id)s FOR UPDATE", {"id": import_id}
    ).rowcount:
        return False
    conn.execute("DELETE FROM examples WHERE import_id = %(id)s", {"id": import_id})
    conn.execute("DELETE FROM imports WHERE id = %(id)s", {"id": import_id})
    return True


def import_state(conn: Connection, import_id: str) -> dict[str, Any] | None:
    """The import with its first hundred errors, and the number of examples without a vector; None
    when it does not exist.
    """
    row = conn.execute(
        """
        SELECT id AS import_id, received AS next_offset, stored, rejected, created_at, updated_at,
               (SELECT count(*) FROM examples WHERE model IS NULL) AS unread
        FROM imports WHERE id = %(id)s
        """,
        {"id": import_id},
    ).fetchone()
    if row is None:
        return None
    errors = conn.execute(
        """
        SELECT row, pointer, detail FROM import_errors WHERE import_id = %(id)s
        ORDER BY row, pointer LIMIT %(at_most)s
        """,
        {"id": import_id, "at_most": _ERRORS_SHOWN},
    ).fetchall()
    return {**row, "errors": errors}
