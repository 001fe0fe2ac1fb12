"""Runs of the workflow: opened, fenced by attempt, ended once, resumed when they stall."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from psycopg.rows import class_row

from deskhand.store.connection import Connection
from deskhand.store.outbox import AnyMessage, Message


@dataclass(frozen=True)
class Stalled:
    """An open run without progress for some time."""

    ticket_id: UUID | None
    run_id: int
    attempt: int
    status: str
    started: bool  # whether a step of this attempt has begun
    written_off: int = 0  # attempts before the last replay

    @property
    def attempts(self) -> int:
        """The number of attempts since the last replay by an operator."""
        return self.attempt - self.written_off

    @property
    def message(self) -> AnyMessage:
        """The message of the current attempt."""
        return Message(self.ticket_id, self.run_id, self.attempt)


type Place = Literal["taken", "full", "gone"]

# Its holder is the only one that counts places, until the transaction ends.
_PLACES_LOCK = 0x706C6163


def take_place(conn: Connection, message: AnyMessage, places: int) -> Place:
    """Gives the attempt a place for its execution, if one is free.

    "taken": the attempt has a place and keeps it until the run ends; asking again changes nothing.
    "full": all `places` are in use. "gone": the run is unknown, has ended, or has a newer attempt.
    Only runs of triage share the places: a run of attribution, of which one is open at most, always
    gets one. Callers take turns by a lock, in one round trip each; raises LockNotAvailable when the
    turn does not come in time. Call it outside a transaction.
    """
    with conn.pipeline():
        # A statement of its own: the next one must see what the last holder of the lock has
        # written.
        conn.execute("SELECT pg_advisory_xact_lock(%(lock)s)", {"lock": _PLACES_LOCK})
        asked = conn.execute(
            _TAKE_PLACE,
            {"run_id": message.run_id, "attempt": message.attempt, "places": places},
        )
    row = asked.fetchone()
    place: Place = row["place"] if row else "gone"
    return place


_TAKE_PLACE = """
WITH open AS (
    SELECT id FROM runs
    WHERE id = %(run_id)s AND attempt = %(attempt)s AND status IN ('PENDING', 'IN_PROGRESS')
), taken AS (
    UPDATE runs SET dispatched = attempt, progressed_at = now()
    WHERE id = %(run_id)s AND attempt = %(attempt)s AND status IN ('PENDING', 'IN_PROGRESS')
      AND (dispatched = attempt OR workflow <> 'triage' OR %(places)s > (
          SELECT count(*) FROM runs
          WHERE status IN ('PENDING', 'IN_PROGRESS') AND dispatched = attempt
            AND workflow = 'triage'))
    RETURNING id
)
SELECT CASE WHEN EXISTS (SELECT FROM taken) THEN 'taken'
            WHEN EXISTS (SELECT FROM open) THEN 'full' ELSE 'gone' END AS place
"""


def fail(
    conn: Connection,
    run_id: int,
    attempt: int,
    error: str,
    reason: str,
    step: str | None = None,
    execution: str | None = None,
) -> bool:
    """Ends the run as FAILED; False when it had ended or has a newer attempt.

    `step` is the step that failed; None stands for the last one that began. An `execution` may only
    end an attempt that no other execution works on; None stands for whichever does. A ticket
    without any triage is marked FAILED too, so that its readers need not look at runs.
    """
    return (
        conn.execute(
            """
            WITH failed AS (
                UPDATE runs SET status = 'FAILED', error = %(error)s, reason = %(reason)s,
                       current_step = coalesce(%(step)s::text, current_step),
                       finished_at = now(), progressed_at = now()
                WHERE id = %(run_id)s AND attempt = %(attempt)s
                      AND status IN ('PENDING', 'IN_PROGRESS')
                      AND (execution = %(execution)s::text) IS NOT false
                RETURNING ticket_id
            ), marked AS (
                UPDATE tickets
                SET ai_status = CASE ai_status WHEN 'PENDING' THEN 'FAILED' ELSE ai_status END,
                    needs_review = CASE provenance ->> 'needs_review'
                        WHEN 'human' THEN needs_review ELSE true END,
                    review_reasons = CASE WHEN needs_review THEN array_append(
                        array_remove(review_reasons, 'run_failed'), 'run_failed')
                        ELSE '{run_failed}' END,
                    provenance = CASE provenance ->> 'needs_review' WHEN 'human' THEN provenance
                        ELSE provenance || '{"needs_review": "rule"}' END,
                    version = version + 1, updated_at = now()
                FROM failed WHERE tickets.id = failed.ticket_id
            )
            SELECT FROM failed
            """,
            {
                "run_id": run_id,
                "attempt": attempt,
                "error": error,
                "reason": reason,
                "step": step,
                "execution": execution,
            },
        ).rowcount
        == 1
    )


def stalled_runs(
    conn: Connection, after_seconds: float, limit: int, seen: Sequence[int] = ()
) -> list[Stalled]:
    """Up to `limit` open runs without progress for `after_seconds`, longest first, without `seen`.

    A run that has not started and whose message is unsent is not stalled: it waits for the relay,
    or for a place.
    """
    cursor = conn.cursor(row_factory=class_row(Stalled))
    return cursor.execute(
        """
        SELECT ticket_id, id AS run_id, attempt, status, current_step IS NOT NULL AS started,
               written_off
        FROM runs
        WHERE status IN ('PENDING', 'IN_PROGRESS')
              AND progressed_at <= now() - make_interval(secs => %(after)s)
              AND id <> ALL (%(seen)s::bigint[])
              AND (current_step IS NOT NULL OR NOT EXISTS (
                  SELECT FROM outbox WHERE run_id = runs.id AND outbox.attempt = runs.attempt
                  AND sent_at IS NULL))
        ORDER BY progressed_at LIMIT %(limit)s
        """,
        {"after": after_seconds, "limit": limit, "seen": list(seen)},
    ).fetchall()


def next_attempt(conn: Connection, run: Stalled) -> bool:
    """Moves the run to its next attempt and puts its message into the outbox; False: it has moved
    on.
    """
    return (
        conn.execute(
            """
            WITH moved AS (
                UPDATE runs SET attempt = attempt + 1, current_step = NULL, execution = NULL,
                       progressed_at = now()
                WHERE id = %(run_id)s AND attempt = %(attempt)s AND status = %(status)s
                RETURNING id, attempt, ticket_id
            ), noted AS (
                INSERT INTO events (ticket_id, run_id, kind, actor, data)
                SELECT ticket_id, id, 'run.next_attempt', 'reconcile',
                       jsonb_build_object('attempt', attempt)
                FROM moved
            )
            INSERT INTO outbox (run_id, attempt, ticket_id) SELECT id, attempt, ticket_id FROM moved
            """,
            _same(run),
        ).rowcount
        == 1
    )


def send_again(conn: Connection, run: Stalled) -> bool:
    """Puts the message of an attempt that never started into the outbox again; False: it has moved
    on.

    The attempt stays the same: a message that only waits in a long queue must not use up attempts,
    and a second copy of it does no harm.
    """
    return (
        conn.execute(
            """
            WITH waiting AS (
                UPDATE runs SET progressed_at = now()
                WHERE id = %(run_id)s AND attempt = %(attempt)s AND status = %(status)s
                RETURNING id, attempt, ticket_id
            ), noted AS (
                INSERT INTO events (ticket_id, run_id, kind, actor, data)
                SELECT ticket_id, id, 'run.sent_again', 'reconcile',
                       jsonb_build_object('attempt', attempt)
                FROM waiting
            )
            UPDATE outbox SET sent_at = NULL, next_try_at = now(), tries = 0
            FROM waiting WHERE outbox.run_id = waiting.id AND outbox.attempt = waiting.attempt
            """,
            _same(run),
        ).rowcount
        == 1
    )


def touch(conn: Connection, run: Stalled) -> None:
    """Restarts the wait for progress, because the run's execution is alive."""
    conn.execute(
        "UPDATE runs SET progressed_at = now()"
        " WHERE id = %(run_id)s AND attempt = %(attempt)s AND status = %(status)s",
        _same(run),
    )


def _same(run: Stalled) -> dict[str, Any]:
    return {"run_id": run.run_id, "attempt": run.attempt, "status": run.status}
