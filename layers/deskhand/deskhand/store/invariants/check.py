"""All invariants, and what breaks each of them now."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from psycopg.sql import SQL

from deskhand.store.connection import Connection
from deskhand.store.invariants.analytics import ANALYTICS
from deskhand.store.invariants.escalations import ESCALATIONS
from deskhand.store.invariants.invariant import Invariant
from deskhand.store.invariants.runs import RUNS
from deskhand.store.invariants.sessions import SESSIONS
from deskhand.store.invariants.similarity import SIMILARITY
from deskhand.store.invariants.tickets import TICKETS

__all__ = ["INVARIANTS", "Invariant", "Offenders", "counts", "offenders", "one_moment"]

INVARIANTS = TICKETS + RUNS + SIMILARITY + ESCALATIONS + SESSIONS + ANALYTICS
SHOWN_IDS = 20


@dataclass(frozen=True)
class Offenders:
    """The number of rows that break an invariant, and the first of them."""

    count: int
    ids: list[str]


@contextmanager
def one_moment(conn: Connection, seconds: int) -> Iterator[None]:
    """A read-only transaction with one snapshot; each statement may take `seconds`."""
    with conn.transaction():
        conn.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        conn.execute(
            "SELECT set_config('statement_timeout', %(limit)s, true)", {"limit": f"{seconds}s"}
        )
        yield


def offenders(conn: Connection, invariant: Invariant) -> Offenders:
    """What breaks the invariant now."""
    query = SQL(
        "SELECT offender.id::text, count(*) OVER () AS n FROM ({}) AS offender"
        " ORDER BY offender.id::text LIMIT {}"
    ).format(SQL(invariant.offenders), SHOWN_IDS)
    rows = conn.execute(query).fetchall()
    return Offenders(rows[0]["n"] if rows else 0, [row["id"] for row in rows])


def counts(conn: Connection) -> dict[str, int]:
    """The numbers of what was checked."""
    row = conn.execute(
        """
        SELECT (SELECT count(*) FROM tickets) AS tickets,
               (SELECT count(*) FROM audit WHERE action = 'ticket.deleted') AS deleted,
               (SELECT count(*) FROM idempotency_keys) AS keys,
               (SELECT count(*) FROM runs) AS runs,
               (SELECT count(*) FROM runs WHERE status IN ('PENDING', 'IN_PROGRESS')) AS open_runs,
               (SELECT count(*) FROM step_outcomes) AS outcomes,
               (SELECT count(*) FROM events) AS events,
               (SELECT count(*) FROM outbox WHERE sent_at IS NULL) AS unsent
        """
    ).fetchone()
    return dict(row or {})
