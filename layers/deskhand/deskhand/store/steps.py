"""A step in the database: opened if its attempt is current, its outcome stored once."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from deskhand.errors import AttemptOvertaken, StepFailed
from deskhand.store.connection import Connection
from deskhand.store.workflow import BESIDE_CLASSIFY
from deskhand.ticket import Ticket


@dataclass(frozen=True)
class Opened:
    """An open step: its ticket (None: a run without one), the request's correlation id, the outcome
    if it is stored, and how many tries before this one ended without a trace.
    """

    of: Ticket | None
    request_id: str
    verdict: dict[str, Any] | None
    lost: int = 0

    @property
    def ticket(self) -> Ticket:
        """The run's ticket; raises StepFailed when it has none."""
        if self.of is None:
            raise StepFailed("the run has no ticket")
        return self.of


# The second argument is the run's ticket; None in a run without one.
type Apply = Callable[[Connection, Any], dict[str, Any] | None]


@dataclass(frozen=True)
class Outcome:
    """The result of a step.

    `verdict` goes through the state machine: ids, flags and figures, never text. `result` is stored
    beside it. `apply` writes to the ticket or the run's rows in the same transaction and returns
    what it adds to the verdict; `completes` ends the run.
    """

    verdict: dict[str, Any]
    result: dict[str, Any] = field(default_factory=dict)
    apply: Apply | None = None
    completes: bool = False


def open_step(
    conn: Connection,
    run_id: int,
    attempt: int,
    step: str,
    revision: int,
    execution: str | None = None,
) -> Opened:
    """Opens the step; the first step of a run sets it IN_PROGRESS.

    The attempt belongs to the `execution` that opens its first step; an execution of an older
    definition gives none. Raises AttemptOvertaken when the run has a newer attempt, has ended
    without this step, or when another execution works on the attempt.
    """
    row = conn.execute(
        """
        WITH moved AS (
            UPDATE runs SET status = 'IN_PROGRESS', started_at = coalesce(started_at, now()),
                   current_step = coalesce(%(current)s::text, current_step), progressed_at = now(),
                   execution = coalesce(execution, %(execution)s::text),
                   opened = opened || jsonb_build_object(
                       %(try)s::text, coalesce((opened ->> %(try)s)::int, 0) + 1)
            WHERE id = %(run_id)s AND attempt = %(attempt)s
                  AND status IN ('PENDING', 'IN_PROGRESS')
                  AND (execution = %(execution)s::text) IS NOT false
            RETURNING id, (opened ->> %(try)s)::int - 1 AS before
        )
        SELECT r.request_id, o.verdict,
               coalesce((SELECT CASE WHEN before > 0 THEN before - (
                   SELECT count(*) FROM events e
                   WHERE e.run_id = r.id AND e.kind = 'step.failed' AND e.step = %(step)s
                         AND (e.data ->> 'attempt')::int = %(attempt)s) END FROM moved), 0) AS lost,
               t.id, t.kind, t.subject, t.body, t.created_at, t.category,
               t.request_type, t.priority, t.summary, t.needs_review, t.text_version, t.provenance,
               t.duplicate_of
        FROM runs r LEFT JOIN tickets t ON t.id = r.ticket_id
        LEFT JOIN step_outcomes o
             ON o.run_id = r.id AND o.step = %(step)s AND o.revision = %(revision)s
        WHERE r.id = %(run_id)s AND r.attempt = %(attempt)s
              AND (o.run_id IS NOT NULL OR EXISTS (SELECT FROM moved))
        """,
        {
            "run_id": run_id,
            "attempt": attempt,
            "step": step,
            "revision": revision,
            "execution": execution,
            "current": _current(step),
            "try": _try(step, revision, attempt),
        },
    ).fetchone()
    if row is None:
        raise AttemptOvertaken
    request_id, verdict, lost = (row.pop(name) for name in ("request_id", "verdict", "lost"))
    return Opened(Ticket(**row) if row["id"] else None, request_id, verdict, lost)


def close_step(
    conn: Connection,
    run_id: int,
    attempt: int,
    step: str,
    revision: int,
    outcome: Outcome,
    seconds: float,
) -> dict[str, Any]:
    """Stores the outcome and returns the verdict in force: the earlier one when the step ran twice.

    Outcome, event, ticket and run change together or not at all. An overtaken attempt raises
    AttemptOvertaken and changes nothing.
    """
    key = {"run_id": run_id, "attempt": attempt, "step": step, "revision": revision}
    with conn.transaction():
        ticket_id, recorded = _lock(conn, key)
        if recorded is not None:
            return recorded
        added = outcome.apply(conn, ticket_id) if outcome.apply else None
        outcome = replace(outcome, verdict=outcome.verdict | (added or {}))
        _record(conn, key, ticket_id, outcome, seconds)
        if outcome.completes:
            _complete(conn, run_id)
    return outcome.verdict


def outcomes(conn: Connection, run_id: int) -> dict[str, dict[str, Any]]:
    """The verdict of each finished step of the run, by step."""
    rows = conn.execute(
        "SELECT step, verdict FROM step_outcomes WHERE run_id = %(run_id)s ORDER BY revision",
        {"run_id": run_id},
    ).fetchall()
    return {row["step"]: row["verdict"] for row in rows}


def result(conn: Connection, run_id: int, step: str) -> dict[str, Any]:
    """What a step of the run stored beside its verdict; empty when it has not finished."""
    row = conn.execute(
        "SELECT result FROM step_outcomes WHERE run_id = %(run_id)s AND step = %(step)s"
        " ORDER BY revision DESC LIMIT 1",
        {"run_id": run_id, "step": step},
    ).fetchone()
    return dict(row["result"]) if row else {}


def note_failure(
    conn: Connection, run_id: int, attempt: int, step: str, error: str, seconds: float
) -> None:
    """Adds a failed try of a step to the ticket's trail, unless the attempt was overtaken."""
    conn.execute(
        """
        INSERT INTO events (ticket_id, run_id, kind, actor, step, data)
        SELECT ticket_id, id, 'step.failed', 'workflow', %(step)s,
               jsonb_build_object('attempt', attempt, 'error', %(error)s::text,
                                  'seconds', %(seconds)s::float8, 'outcome', 'failed')
        FROM runs WHERE id = %(run_id)s AND attempt = %(attempt)s
              AND status IN ('PENDING', 'IN_PROGRESS')
        """,
        {"run_id": run_id, "attempt": attempt, "step": step, "error": error, "seconds": seconds},
    )


def _lock(conn: Connection, key: dict[str, Any]) -> tuple[UUID | None, dict[str, Any] | None]:
    """Locks the run; returns its ticket, and the verdict if a twin stored one meanwhile."""
    run = conn.execute(
        "SELECT ticket_id, status FROM runs WHERE id = %(run_id)s AND attempt = %(attempt)s"
        " FOR UPDATE",
        key,
    ).fetchone()
    if run is None:
        raise AttemptOvertaken
    twin = conn.execute(
        "SELECT verdict FROM step_outcomes"
        " WHERE run_id = %(run_id)s AND step = %(step)s AND revision = %(revision)s",
        key,
    ).fetchone()
    if twin is None and run["status"] != "IN_PROGRESS":
        raise AttemptOvertaken
    return run["ticket_id"], twin["verdict"] if twin else None


def _record(
    conn: Connection, key: dict[str, Any], ticket_id: UUID | None, outcome: Outcome, seconds: float
) -> None:
    conn.execute(
        """
        WITH outcome AS (
            INSERT INTO step_outcomes (run_id, step, revision, attempt, verdict, result, seconds)
            VALUES (%(run_id)s, %(step)s, %(revision)s, %(attempt)s, %(verdict)s, %(result)s,
                    %(seconds)s)
        ), progress AS (
            UPDATE runs SET progressed_at = now(), opened = opened - %(try)s::text,
                   current_step = coalesce(%(current)s::text, current_step)
            WHERE id = %(run_id)s
        )
        INSERT INTO events (ticket_id, run_id, kind, actor, step, data)
        VALUES (%(ticket_id)s, %(run_id)s, 'step.succeeded', 'workflow', %(step)s,
                jsonb_build_object('attempt', %(attempt)s::int, 'seconds', %(seconds)s::float8,
                                   'outcome', 'succeeded', 'verdict', %(verdict)s::jsonb))
        """,
        {
            **key,
            "current": _current(key["step"]),
            "try": _try(key["step"], key["revision"], key["attempt"]),
            "ticket_id": ticket_id,
            "verdict": Jsonb(outcome.verdict),
            "result": Jsonb(outcome.result),
            "seconds": seconds,
        },
    )


def _current(step: str) -> str | None:
    """The run's new current step; None keeps the one that this step runs beside."""
    return None if step in BESIDE_CLASSIFY else step


def _try(step: str, revision: int, attempt: int) -> str:
    return f"{step}/{revision}/{attempt}"


def _complete(conn: Connection, run_id: int) -> None:
    conn.execute(
        "UPDATE runs SET status = 'COMPLETED', finished_at = now() WHERE id = %(run_id)s",
        {"run_id": run_id},
    )
