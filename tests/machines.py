"""How much of a state machine is tried: a little in every run, more where it is asked for."""

import os

from hypothesis import HealthCheck, Phase, settings
from psycopg.sql import SQL, Identifier, Literal

from deskhand.store.connection import Connection
from deskhand.store.invariants.check import INVARIANTS

# In an order that foreign keys allow.
_TABLES = ("outbox", "idempotency_keys", "step_outcomes", "events", "runs", "tickets", "audit",
           "metric_totals", "ticket_facts", "daily_figures")  # fmt: skip


def bounded() -> settings:
    """MACHINE_EXAMPLES examples (50, with DEEP 200) of MACHINE_STEPS steps (30), the same ones."""
    usual = "200" if os.environ.get("DEEP") else "50"
    return settings(
        max_examples=int(os.environ.get("MACHINE_EXAMPLES", usual)),
        stateful_step_count=int(os.environ.get("MACHINE_STEPS", "30")),
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )


def empty(conn: Connection) -> None:
    """Nothing has happened yet."""
    # A few rows are deleted sooner than eleven tables truncated.
    for table in _TABLES:
        conn.execute(SQL("DELETE FROM {}").format(Identifier(table)))
    conn.execute(SQL("VACUUM {}").format(SQL(", ").join(map(Identifier, _TABLES))))


def assert_sound(conn: Connection, *, at_rest: bool = False) -> None:
    """No invariant is broken."""
    asked = [each for each in INVARIANTS if at_rest or not each.at_rest]
    one = SQL("SELECT {} AS name, id::text FROM ({}) AS offender")
    # All in one prepared statement: this is asked after every step.
    query = SQL(" UNION ALL ").join(
        one.format(Literal(each.name), SQL(each.offenders)) for each in asked
    )
    broken = conn.execute(query, prepare=True).fetchall()
    assert broken == []
