"""Idempotency keys and their stored answers."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from psycopg.errors import LockNotAvailable

from deskhand.store.connection import Connection

# The version of today's fingerprints; those of another version cannot be compared with them.
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
class EarlierRequest:
    """The first request with a key that has not expired, and its whole answer."""

    fingerprint: bytes
    fingerprint_version: int
    ticket_id: UUID | None
    status: int
    answer: str


@contextmanager
def bounded_wait() -> Iterator[None]:
    """Raises KeyInFlight when the wait for a key takes longer than the server's lock_timeout."""
    try:
        yield
    except LockNotAvailable:
        raise KeyInFlight from None


def claim(conn: Connection, key: Key) -> bool:
    """Takes the key for this transaction; False when it is taken (see `earlier_request`).

    An expired key is used again. While the key's first request is in flight this waits, and then
    raises KeyInFlight. `store_answer` must follow in the same transaction.
    """
    with bounded_wait():
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


def store_answer(
    conn: Connection, key: Key, status: int, answer: str, ticket_id: UUID | None
) -> None:
    """Stores the answer for every repeat of the key."""
    conn.execute(
        """
        UPDATE idempotency_keys
        SET status = %(status)s, answer = %(answer)s, ticket_id = %(ticket_id)s
        WHERE caller = %(caller)s AND route = %(route)s AND key = %(key)s
        """,
        {**vars(key), "status": status, "answer": answer, "ticket_id": ticket_id},
    )


def earlier_request(conn: Connection, caller: str, route: str, key: str) -> EarlierRequest | None:
    """The first request with the key, or None when the key is free or expired."""
    row = conn.execute(
        """
        SELECT fingerprint, fingerprint_version, ticket_id, status, answer FROM idempotency_keys
        WHERE caller = %(caller)s AND route = %(route)s AND key = %(key)s AND expires_at >= now()
        """,
        {"caller": caller, "route": route, "key": key},
    ).fetchone()
    return EarlierRequest(**row) if row else None


def reap(conn: Connection) -> int:
    """Deletes expired keys, some thousand at most; returns how many. Only disk space needs this:
    `claim` takes an expired key anyway.
    """
    return conn.execute(
        """
        DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM idempotency_keys WHERE expires_at < now()
            ORDER BY expires_at LIMIT 5000 FOR UPDATE SKIP LOCKED))
        """
    ).rowcount
