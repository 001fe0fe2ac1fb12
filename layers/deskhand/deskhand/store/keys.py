"""Idempotency keys and the answers that were given to them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from psycopg.errors import LockNotAvailable

from deskhand.store.connection import Connection

# How a fingerprint is made today. One of another version cannot be compared with ours.
FINGERPRINT_VERSION = 2


class KeyInFlight(Exception):
    """The first request with the key has not ended yet."""


@dataclass(frozen=True)
class Key:
    """An idempotency key and the request it came with."""

    caller: str
    route: str
    key: str
    fingerprint: bytes
    hours: int


@dataclass(frozen=True)
class Earlier:
    """The first request with an unexpired key: what it was, and its whole answer."""

    fingerprint: bytes
    fingerprint_version: int
    ticket_id: UUID | None
    status: int
    answer: str


@contextmanager
def waiting() -> Iterator[None]:
    """Raises KeyInFlight when the wait for a key takes longer than the server's lock_timeout."""
    try:
        yield
    except LockNotAvailable:
        raise KeyInFlight from None


def claim(conn: Connection, key: Key) -> bool:
    """Whether the key is now this transaction's; False: taken, `earlier` tells by what.

    A taken but expired key is taken over; one whose first request is still in flight is waited for,
    then KeyInFlight is raised. `settle` must follow in the same transaction.
    """
    with waiting():
        claimed = conn.execute(
            """
            INSERT INTO idempotency_keys AS k
                (caller, route, key, fingerprint, fingerprint_version, answer, expires_at)
            VALUES (%(caller)s, %(route)s, %(key)s, %(fingerprint)s, %(version)s, '',
                    now() + make_interval(hours => %(hours)s))
            ON CONFLICT (caller, route, key) DO UPDATE SET
                fingerprint = excluded.fingerprint,
                fingerprint_version = excluded.fingerprint_version, ticket_id = NULL,
                answer = '', created_at = now(), expires_at = excluded.expires_at
            WHERE k.expires_at < now()
            """,
            {**vars(key), "version": FINGERPRINT_VERSION},
        )
    return claimed.rowcount == 1


def settle(conn: Connection, key: Key, status: int, answer: str, ticket_id: UUID | None) -> None:
    """Stores the answer that every repeat of the key gets."""
    conn.execute(
        """
        UPDATE idempotency_keys
        SET status = %(status)s, answer = %(answer)s, ticket_id = %(ticket_id)s
        WHERE caller = %(caller)s AND route = %(route)s AND key = %(key)s
        """,
        {**vars(key), "status": status, "answer": answer, "ticket_id": ticket_id},
    )


def earlier(conn: Connection, caller: str, route: str, key: str) -> Earlier | None:
    """What the key was used for, or None when it is free (again)."""
    row = conn.execute(
        """
        SELECT fingerprint, fingerprint_version, ticket_id, status, answer FROM idempotency_keys
        WHERE caller = %(caller)s AND route = %(route)s AND key = %(key)s AND expires_at >= now()
        """,
        {"caller": caller, "route": route, "key": key},
    ).fetchone()
    return Earlier(**row) if row else None


def reap(conn: Connection) -> int:
    """How many expired keys were deleted, some thousand at most; expiry itself is in the claim."""
    return conn.execute(
        """
        DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM idempotency_keys WHERE expires_at < now()
            ORDER BY expires_at LIMIT 5000 FOR UPDATE SKIP LOCKED))
        """
    ).rowcount
