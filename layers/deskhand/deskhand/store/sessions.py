"""Sessions and their refresh tokens; each token is exchanged once for the next."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from deskhand.store.connection import Connection

End = Literal["logout", "password", "reuse", "disabled"]


# For this long the browser that used a token may repeat the exchange and gets the same token.
GRACE_SECONDS = 30


@dataclass(frozen=True)
class Exchange:
    """The exchange of a refresh token for the next, by their hashes; `used_by` identifies the
    browser.
    """

    old: bytes
    new: bytes
    salt: bytes
    used_by: bytes


@dataclass(frozen=True)
class Refreshed:
    """A continued session, its account, and its remaining seconds."""

    session_id: UUID
    account_id: UUID
    role: str
    seconds: int


def begin(conn: Connection, session_id: UUID, account_id: UUID, hashed: bytes, days: int) -> None:
    """Stores a new session with its first refresh token."""
    conn.execute(
        """
        WITH session AS (
            INSERT INTO sessions (id, account_id, expires_at)
            VALUES (%(id)s, %(account_id)s, now() + make_interval(days => %(days)s))
        )
        INSERT INTO refresh_tokens (hash, session_id) VALUES (%(hash)s, %(id)s)
        """,
        {"id": session_id, "account_id": account_id, "hash": hashed, "days": days},
    )


def rotate(conn: Connection, exchange: Exchange) -> Refreshed | None:
    """Exchanges the refresh token of a session; None when it is unknown, used or expired.

    Of two exchanges of one token at the same time, the second waits and gets None.
    """
    values = {**vars(exchange), "grace": GRACE_SECONDS}
    row = conn.execute(
        """
        WITH used AS (
            UPDATE refresh_tokens t
            SET used_at = now(), salt = %(salt)s, used_by = %(used_by)s
            FROM sessions s JOIN accounts a ON a.id = s.account_id
            WHERE t.hash = %(old)s AND t.used_at IS NULL AND s.id = t.session_id
              AND s.ended_at IS NULL AND s.expires_at > now() AND NOT a.disabled
            RETURNING s.id AS session_id, a.id AS account_id, a.role,
                      ceil(extract(epoch FROM s.expires_at - now()))::int AS seconds
        )
        SELECT * FROM used
        """,
        values,
    ).fetchone()
    if row is None:
        return None
    conn.execute(
        """
        WITH forgotten AS (
            UPDATE refresh_tokens SET salt = NULL, used_by = NULL
            WHERE session_id = %(session_id)s AND salt IS NOT NULL
              AND used_at <= now() - make_interval(secs => %(grace)s)
        )
        INSERT INTO refresh_tokens (hash, session_id) VALUES (%(new)s, %(session_id)s)
        """,
        {**values, "session_id": row["session_id"]},
    )
    return Refreshed(**row)


def salt_of(conn: Connection, hashed: bytes, used_by: bytes) -> bytes | None:
    """The salt of the next token, if the same browser used this token within the grace time."""
    row = conn.execute(
        """
        SELECT salt FROM refresh_tokens
        WHERE hash = %(hash)s AND used_by = %(used_by)s
          AND used_at > now() - make_interval(secs => %(grace)s)
        """,
        {"hash": hashed, "used_by": used_by, "grace": GRACE_SECONDS},
    ).fetchone()
    return bytes(row["salt"]) if row else None


def unused_session(conn: Connection, hashed: bytes) -> Refreshed | None:
    """The open session whose unused refresh token this is, or None."""
    row = conn.execute(
        """
        SELECT s.id AS session_id, a.id AS account_id, a.role,
               ceil(extract(epoch FROM s.expires_at - now()))::int AS seconds
        FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id
        JOIN accounts a ON a.id = s.account_id
        WHERE t.hash = %(hash)s AND t.used_at IS NULL
          AND s.ended_at IS NULL AND s.expires_at > now() AND NOT a.disabled
        """,
        {"hash": hashed},
    ).fetchone()
    return Refreshed(**row) if row else None


def end_if_reused(conn: Connection, hashed: bytes) -> UUID | None:
    """Ends the session of a token that was used before; returns the account, else None."""
    row = conn.execute(
        """
        UPDATE sessions s SET ended_at = now(), ended_by = 'reuse'
        FROM refresh_tokens t
        WHERE t.hash = %(hash)s AND t.used_at IS NOT NULL AND s.id = t.session_id
          AND s.ended_at IS NULL
        RETURNING s.account_id
        """,
        {"hash": hashed},
    ).fetchone()
    return UUID(str(row["account_id"])) if row else None


def end(conn: Connection, hashed: bytes) -> UUID | None:
    """Ends the session that the token belongs to; returns the account, else None."""
    row = conn.execute(
        """
        UPDATE sessions s SET ended_at = now(), ended_by = 'logout'
        FROM refresh_tokens t
        WHERE t.hash = %(hash)s AND s.id = t.session_id AND s.ended_at IS NULL
        RETURNING s.account_id
        """,
        {"hash": hashed},
    ).fetchone()
    return UUID(str(row["account_id"])) if row else None


def end_all(conn: Connection, account_id: UUID, by: End) -> int:
    """Ends all open sessions of the account; returns how many."""
    return conn.execute(
        """
        UPDATE sessions SET ended_at = now(), ended_by = %(by)s
        WHERE account_id = %(account_id)s AND ended_at IS NULL
        """,
        {"account_id": account_id, "by": by},
    ).rowcount


def reap(conn: Connection) -> int:
    """Deletes expired sessions, some thousand at most; returns how many."""
    return conn.execute(
        """
        DELETE FROM sessions WHERE id = ANY (ARRAY(
            SELECT id FROM sessions WHERE expires_at < now()
            ORDER BY expires_at LIMIT 5000 FOR UPDATE SKIP LOCKED))
        """
    ).rowcount
