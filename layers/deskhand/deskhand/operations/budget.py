"""Compares the database connections that the parameters allow with those available.

An environment has one connection at most. Functions behind the API, dispatch and the scheduled ones
keep theirs while they wait for the next call; a step closes its own, so a run uses as many
connections as it has parallel steps.
"""

from typing import NamedTuple

from deskhand.settings.environment import Settings
from deskhand.store import capacity
from deskhand.store.connection import Connection

API = (
    *("ingest", "preview", "import_tickets", "tickets", "bulk", "correct", "unlink_duplicate"),
    *("similar", "recover", "knowledge", "quality", "auth", "health", "metrics"),
    *("audits", "reports", "analytics", "attribution", "exports", "lint_catalog"),
)
SCHEDULED = (
    *("relay", "reconcile", "escalate", "notify", "start_attribution"),
    *(
        "refresh_catalog",
        "refresh_vectors",
        "learn",
        "publish_metrics",
        "audit",
        "write_exports",
        "deliver_reports",
    ),
)
# Branches of the state machine's Parallel state; a contract test counts them.
A_RUN = 3
# One is open at most, and its batches follow one another.
A_RUN_OF_ATTRIBUTION = 1
# Invoked by hand: one at work, and one that was just used.
OPERATORS = 2
_OTHERS = len(SCHEDULED) + A_RUN_OF_ATTRIBUTION + OPERATORS

_MENDED = "lower MaxOpenRuns, DispatchConcurrency or ApiConcurrency, or raise "


class ConnectionsDoNotFit(Exception):
    """The parameters allow more concurrent database connections than are available."""


class Reservation(NamedTuple):
    """Reserved and available connections, and a sentence with the sum."""

    reserved: int
    available: int
    sentence: str


def check(conn: Connection, given: Settings) -> Reservation:
    """The reservation; raises ConnectionsDoNotFit with the sum when it exceeds the connections."""
    needed = allowed_connections(given)
    budget, granted = given.database_connections, capacity.granted_connections(conn)
    there_are = f"DatabaseConnections is {budget}" if budget else f"the server grants {granted}"
    sentence = f"{_sum(given)} = {needed} connections; {there_are}"
    if budget and needed > budget:
        raise ConnectionsDoNotFit(f"{sentence}: {_MENDED}DatabaseConnections")
    if not budget and needed > granted:
        raise ConnectionsDoNotFit(
            f"{sentence}: {_MENDED}max_connections (behind a pooler: set DatabaseConnections to"
            " what the pooler allows)"
        )
    if budget > granted:
        sentence += f", which needs a pooler: the server grants {granted}"
    if not given.api_concurrency:
        sentence += "; ApiConcurrency 0 sets no bound to the functions behind the API"
    return Reservation(needed, budget or granted, sentence)


def allowed_connections(given: Settings) -> int:
    """Concurrent connections, without those of functions that no parameter limits."""
    bounded = A_RUN * given.max_open_runs + given.dispatch_concurrency + _OTHERS
    return bounded + len(API) * given.api_concurrency


def _sum(given: Settings) -> str:
    return (
        f"{A_RUN} x MaxOpenRuns {given.max_open_runs}"
        f" + DispatchConcurrency {given.dispatch_concurrency}"
        f" + {len(API)} x ApiConcurrency {given.api_concurrency}"
        f" + {_OTHERS} others"
    )
