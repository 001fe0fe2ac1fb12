"""Verifies Deskhand's invariants in the tables."""

from typing import Any

from deskhand.logs import log
from deskhand.operations import due_times
from deskhand.store.connection import Connection, own_connection
from deskhand.store.invariants.check import INVARIANTS, Invariant, counts, offenders, one_moment

# For one invariant; a table of a million tickets is read in full.
_SECONDS = 60


def verify(*, at_rest: bool) -> dict[str, Any]:
    """The broken invariants in this environment's database, with number and ids of the rows.

    `at_rest` also checks invariants that hold only when no work is in progress.
    """
    # A connection of its own: a request's gives up after a few seconds.
    with own_connection(wait_seconds=None) as conn:
        report = check_invariants(conn, at_rest=at_rest)
    names = [each["invariant"] for each in report["broken"]]
    log.info("verified", extra={"checked": report["checked"], "broken": names})
    return report


def check_invariants(conn: Connection, *, at_rest: bool) -> dict[str, Any]:
    """`broken` and `held` invariants as the tables are at one moment, with `counts` of rows."""
    asked = [each for each in INVARIANTS if at_rest or not each.at_rest]
    with one_moment(conn, _SECONDS):
        found = [(_named(each), offenders(conn, each)) for each in asked]
        found.append(
            (
                {"invariant": due_times.NAME, "promise": due_times.PROMISE},
                due_times.wrong_due_times(conn),
            )
        )
        looked_at = counts(conn)
    return {
        "checked": len(found),
        "broken": [
            {**each, "count": breaking.count, "ids": breaking.ids}
            for each, breaking in found
            if breaking.count
        ],
        "held": [each for each, breaking in found if not breaking.count],
        "counts": looked_at,
    }


def _named(invariant: Invariant) -> dict[str, str]:
    return {"invariant": invariant.name, "promise": invariant.promise}
