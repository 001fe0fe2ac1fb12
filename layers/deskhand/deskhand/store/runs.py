"""Workflow runs: opened, fenced by attempt, finished once, brought back when they stall."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from psycopg.rows import class_row

from deskhand.store.connection import Connection
from deskhand.store.outbox import Message


@dataclass(frozen=True)
class Stalled:
    """An open run that has not moved for a while."""

    ticket_id: UUID
    run_id: int
    attempt: int
    status: str
    started: bool  # whether a step of this attempt has begun
    written_off: int = 0  # attempts before the last replay

    @property
    def attempts(self) -> int:
        """How many attempts count: those since an operator's last replay."""
        return self.attempt - self.written_off

    @property
    def message(self) -> Message:
        """The message of the attempt that should be running."""
        return Message(self.ticket_id, self.run_id, self.attempt)


type Place = Literal["taken", "full", "gone"]

# Whoever holds it, until the transaction ends, is the only one to count places.
_PLACES_LOCK = 0x706C6163


def take_place(conn: Connection, message: Message, places: int) -> Place:
    """Whether the attempt may have its execution now.

    "taken": yes, and it keeps its place until the run ends, however often it asks. "full": as many
    runs as there are `places` have theirs. "gone": the run is unknown, has ended, or has a newer
    attempt. One asks after the other, in one round trip; raises LockNotAvailable for one whose turn
    does not come. Outside a transaction only.
    """
    with conn.pipeline():
        # A statement of its own: what the next one counts is seen only once the lock is ours.
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
      AND (dispatched = attempt OR %(places)s > (
          SELECT count(*) FROM runs
          WHERE status IN ('PENDING', 'IN_PROGRESS') AND dispatched = attempt))
    RETURNING id
)
SELECT CASE WHEN EXISTS (SELECT FROM taken) THEN 'taken'
            WHEN EXISTS (SELECT FROM open) THEN 'full' ELSE 'gone' END AS place
"""


def fail(
    conn: Connection, run_id: int, attempt: int, error: str, reason: str, step: str | None = None
) -> bool:
    """Whether this call ended the run as FAILED: False when it had ended or was overtaken.

    `step` is the step that failed; None: the last one that began.
    A ticket without any triage is marked FAILED as well, so that its reader need not look at runs.
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
                RETURNING ticket_id
            )
            UPDATE tickets
            SET ai_status = CASE ai_status WHEN 'PENDING' THEN 'FAILED' ELSE ai_status END,
                needs_review = CASE provenance ->> 'needs_review'
                    WHEN 'human' THEN needs_review ELSE true END,
                provenance = CASE provenance ->> 'needs_review' WHEN 'human' THEN provenance
                    ELSE provenance || '{"needs_review": "rule"}' END,
                version = version + 1, updated_at = now()
            FROM failed WHERE tickets.id = failed.ticket_id
            """,
            {
                "run_id": run_id,
                "attempt": attempt,
                "error": error,
                "reason": reason,
                "step": step,
            },
        ).rowcount
        == 1
    )


def stalled_runs(
    conn: Connection, after_seconds: float, limit: int, seen: Sequence[int] = ()
) -> list[Stalled]:
    """Open runs without progress for that long, the longest first; none of those in `seen`.

    One that has not started and whose message is owed waits for the relay, or for a place.
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
    """Whether this call moved the run to its next attempt, whose message is now owed."""
    return (
        conn.execute(
            """
            WITH moved AS (
                UPDATE runs SET attempt = attempt + 1, current_step = NULL, progressed_at = now()
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
    """Whether this call made the message of an attempt that never started owed once more.

    The attempt stays the same: a message that only waits in a long queue must not use attempts up,
    and a second copy of it is harmless.
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
    """Asks again only after another full wait: the run's execution is alive."""
    conn.execute(
        "UPDATE runs SET progressed_at = now()"
        " WHERE id = %(run_id)s AND attempt = %(attempt)s AND status = %(status)s",
        _same(run),
    )


def _same(run: Stalled) -> dict[str, Any]:
    return {"run_id": run.run_id, "attempt": run.attempt, "status": run.status}
