"""Limits of callers: password tries and the rate of requests, by the database's clock."""

from dataclasses import dataclass

from psycopg.errors import QueryCanceled

from deskhand.store.admission import limit_statements
from deskhand.store.connection import Connection


@dataclass(frozen=True)
class RateLimit:
    """The rate of one caller: a request takes `seconds`; a burst may run `ahead` seconds."""

    seconds: float
    ahead: float


@dataclass(frozen=True)
class Place:
    """Whether a request is `granted`; its caller is `lead` seconds ahead of the rate."""

    granted: bool
    lead: float


def take(conn: Connection, caller: str, pace: RateLimit) -> Place | None:
    """Takes one request from the caller's rate: one round trip, which waits for no other caller.

    None when the database does not decide in time. A refused request changes nothing. Call it
    outside a transaction.
    """
    try:
        with conn.pipeline():
            limit_statements(conn)
            asked = conn.execute(_TAKE, {"caller": caller, **vars(pace)})
    except QueryCanceled:
        return None
    # No row: another first request of the caller was stored at the same moment.
    row = asked.fetchone()
    return Place(row["granted"], row["lead"]) if row else Place(False, pace.ahead)


_TAKE = """
WITH taken AS (
    INSERT INTO request_paces AS p (caller, due)
    VALUES (%(caller)s, clock_timestamp() + make_interval(secs => %(seconds)s))
    ON CONFLICT (caller) DO UPDATE
    SET due = greatest(p.due, clock_timestamp()) + make_interval(secs => %(seconds)s)
    WHERE p.due <= clock_timestamp() + make_interval(secs => %(ahead)s - %(seconds)s)
    RETURNING due
)
SELECT true AS granted, extract(epoch FROM due - clock_timestamp())::float8 AS lead FROM taken
UNION ALL
SELECT false, extract(epoch FROM due - clock_timestamp())::float8 FROM request_paces
WHERE caller = %(caller)s AND NOT EXISTS (SELECT FROM taken)
"""


def count_try(conn: Connection, account: bytes, address: str, allowed: int, seconds: int) -> float:
    """Counts a password try for the account from the address.

    Returns 0, or the seconds until the next try is allowed: then this one is not counted.
    """
    row = conn.execute(
        """
        WITH counted AS (
            INSERT INTO login_tries AS l (account, address, tries)
            VALUES (%(account)s, %(address)s, 1)
            ON CONFLICT (account, address) DO UPDATE SET
                tries = CASE WHEN l.window_from > now() - make_interval(secs => %(seconds)s)
                             THEN l.tries + 1 ELSE 1 END,
                window_from = CASE WHEN l.window_from > now() - make_interval(secs => %(seconds)s)
                                   THEN l.window_from ELSE now() END
            WHERE l.tries < %(allowed)s
               OR l.window_from <= now() - make_interval(secs => %(seconds)s)
            RETURNING 0::float8 AS wait
        )
        SELECT wait FROM counted
        UNION ALL
        SELECT greatest(1, extract(epoch FROM window_from - now()) + %(seconds)s)::float8
        FROM login_tries
        WHERE account = %(account)s AND address = %(address)s AND NOT EXISTS (SELECT FROM counted)
        """,
        {"account": account, "address": address, "allowed": allowed, "seconds": seconds},
    ).fetchone()
    # No row: another first try was counted at the same moment.
    return float(row["wait"]) if row else 1.0


def forget_tries(conn: Connection, account: bytes, address: str) -> None:
    """Deletes the counter of an account and address after a correct password."""
    conn.execute(
        "DELETE FROM login_tries WHERE account = %(account)s AND address = %(address)s",
        {"account": account, "address": address},
    )


def reap(conn: Connection) -> int:
    """Deletes counters that have not changed for a day; returns how many."""
    tries = conn.execute(
        "DELETE FROM login_tries WHERE window_from < now() - interval '1 day'"
    ).rowcount
    paces = conn.execute("DELETE FROM request_paces WHERE due < now() - interval '1 day'").rowcount
    return tries + paces
