"""What a search reads of a ticket: words of its text, as it is shown to readers."""

from typing import Any
from uuid import UUID

from deskhand.store.connection import Connection


def without_words(row: dict[str, Any] | None) -> dict[str, Any] | None:
    """A whole row of `tickets` without what only a search reads."""
    unread = ("search", "search_version")
    return row and {name: value for name, value in row.items() if name not in unread}


def store_words(conn: Connection, ticket_id: UUID, shown: dict[str, str]) -> None:
    """Makes the present text of a ticket searchable; `shown` is its subject and body without
    secrets."""
    conn.execute(
        """
        UPDATE tickets SET search = words_of(%(subject)s, %(body)s), search_version = text_version
        WHERE id = %(id)s
        """,
        {"id": ticket_id, "subject": shown["subject"], "body": shown["body"]},
    )


def lock_unsearchable(conn: Connection, most: int) -> list[dict[str, Any]]:
    """Up to so many tickets whose present text is not searchable yet, newest first; one that
    somebody else is changing is left out.

    Each has `id`, `subject`, `body`, and is locked until the caller's transaction ends.
    """
    return conn.execute(
        """
        SELECT id, subject, body FROM tickets
        WHERE search_version IS DISTINCT FROM text_version
        ORDER BY id DESC LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED
        """,
        {"most": most},
    ).fetchall()


def are_all_searchable(conn: Connection) -> bool:
    """Whether a search reads the present text of every ticket."""
    return not conn.execute(
        "SELECT FROM tickets WHERE search_version IS DISTINCT FROM text_version LIMIT 1"
    ).rowcount
