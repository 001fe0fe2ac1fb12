"""Failed runs, grouped by step and error, and their return as next attempts or new runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.rows import class_row

from deskhand.store.connection import Connection
from deskhand.store.outbox import AnyMessage, Message


@dataclass(frozen=True)
class FailureFilter:
    """A filter of failed runs; None leaves a member open."""

    step: str | None = None
    error: str | None = None


@dataclass(frozen=True)
class Operator:
    """Who replays work, and the correlation id of that request."""

    actor: str
    request_id: str


@dataclass(frozen=True)
class RunState:
    """The present state of a run."""

    ticket_id: UUID | None
    run_id: int
    attempt: int
    status: str
    started: bool  # whether a step of this attempt has begun
    latest: bool  # whether the ticket, or the workflow without tickets, has no newer run


def failure_groups(conn: Connection, wanted: FailureFilter, shown_ids: int) -> list[dict[str, Any]]:
    """Failed runs by step and error, the largest group first, with one example and the newest ids.

    The step of an attempt that failed before its first step is `dispatch`.
    """
    return conn.execute(
        """
        WITH failed AS (
            SELECT *, row_number() OVER (
                PARTITION BY step, error ORDER BY finished_at DESC, run_id DESC) AS place
            FROM failures
            WHERE (%(step)s::text IS NULL OR step = %(step)s)
              AND (%(error)s::text IS NULL OR error = %(error)s)
        )
        SELECT 'run' AS source, step, error, count(*) AS count, min(finished_at) AS oldest,
               max(finished_at) AS newest,
               jsonb_agg(jsonb_build_object('run_id', run_id, 'ticket_id', ticket_id,
                   'attempt', attempt, 'reason', reason)) FILTER (WHERE place = 1) -> 0 AS example,
               array_agg(run_id ORDER BY place) FILTER (WHERE place <= %(shown)s) AS run_ids
        FROM failed GROUP BY step, error ORDER BY count(*) DESC, step, error
        """,
        {**vars(wanted), "shown": shown_ids},
    ).fetchall()


def failed_run_ids(conn: Connection, wanted: FailureFilter, limit: int) -> list[int]:
    """The ids of up to `limit` failed runs, oldest first."""
    rows = conn.execute(
        """
        SELECT run_id FROM failures
        WHERE (%(step)s::text IS NULL OR step = %(step)s)
          AND (%(error)s::text IS NULL OR error = %(error)s)
        ORDER BY run_id LIMIT %(limit)s
        """,
        {**vars(wanted), "limit": limit},
    ).fetchall()
    return [row["run_id"] for row in rows]


def count_failed(conn: Connection, wanted: FailureFilter) -> int:
    """The number of failed runs."""
    row = conn.execute(
        """
        SELECT count(*) AS n FROM failures
        WHERE (%(step)s::text IS NULL OR step = %(step)s)
          AND (%(error)s::text IS NULL OR error = %(error)s)
        """,
        vars(wanted),
    ).fetchone()
    return int(row["n"]) if row else 0


def lock_runs(conn: Connection, run_ids: Sequence[int]) -> None:
    """Locks the runs until the transaction ends, by id, so that two replays cannot deadlock.

    Steps, reconcile and other replays wait, so what later statements read stays true.
    """
    conn.execute(
        "SELECT FROM runs WHERE id = ANY (%(ids)s) ORDER BY id FOR UPDATE", {"ids": list(run_ids)}
    )


def run_states(conn: Connection, run_ids: Sequence[int]) -> dict[int, RunState]:
    """The state of each of these runs, by its id; unknown ids are missing."""
    cursor = conn.cursor(row_factory=class_row(RunState))
    rows = cursor.execute(
        """
        SELECT ticket_id, id AS run_id, attempt, status, current_step IS NOT NULL AS started,
               NOT EXISTS (SELECT FROM runs AS newer
                           WHERE newer.ticket_id = runs.ticket_id AND newer.id > runs.id)
               AND NOT EXISTS (SELECT FROM runs AS newer
                               WHERE newer.workflow = runs.workflow AND newer.workflow <> 'triage'
                                 AND newer.id > runs.id) AS latest
        FROM runs WHERE id = ANY (%(ids)s)
        """,
        {"ids": list(run_ids)},
    ).fetchall()
    return {row.run_id: row for row in rows}


def start_next_attempts(
    conn: Connection, run_ids: Sequence[int], operator: Operator
) -> list[AnyMessage]:
    """Moves FAILED runs to their next attempt; returns its messages, now in the outbox.

    Earlier attempts are written off, so the run has all its attempts again. A ticket that failed
    waits for triage again.
    """
    cursor = conn.cursor(row_factory=class_row(Message[UUID | None]))
    return cursor.execute(
        """
        WITH moved AS (
            UPDATE runs SET status = 'PENDING', attempt = attempt + 1, written_off = attempt,
                   current_step = NULL, execution = NULL, error = NULL, reason = NULL,
                   finished_at = NULL, progressed_at = now()
            WHERE id IN (SELECT run_id FROM failures WHERE run_id = ANY (%(ids)s))
                  AND status = 'FAILED'
            RETURNING id, attempt, ticket_id
        ), waiting AS (
            UPDATE tickets SET ai_status = 'PENDING', version = version + 1, updated_at = now()
            FROM moved WHERE tickets.id = moved.ticket_id AND ai_status = 'FAILED'
        ), noted AS (
            INSERT INTO events (ticket_id, run_id, kind, actor, data)
            SELECT ticket_id, id, 'run.replayed', %(actor)s, jsonb_build_object(
                       'attempt', attempt, 'request_id', %(request_id)s::text)
            FROM moved
        ), owed AS (
            -- The relay skips a new message for a while: the replay sends it right after this.
            INSERT INTO outbox (run_id, attempt, ticket_id, next_try_at)
            SELECT id, attempt, ticket_id, now() + interval '30 seconds' FROM moved
        )
        SELECT ticket_id, id AS run_id, attempt FROM moved ORDER BY id
        """,
        {"ids": list(run_ids), **vars(operator)},
    ).fetchall()


def send_again(conn: Connection, run_ids: Sequence[int], operator: Operator) -> list[AnyMessage]:
    """Puts the messages of open runs whose attempt has not started into the outbox again.

    Returns the messages. The attempt stays the same, as in `runs.send_again`.
    """
    cursor = conn.cursor(row_factory=class_row(Message[UUID | None]))
    return cursor.execute(
        """
        WITH waiting AS (
            UPDATE runs SET progressed_at = now()
            WHERE id = ANY (%(ids)s) AND status IN ('PENDING', 'IN_PROGRESS')
              AND current_step IS NULL
            RETURNING id, attempt, ticket_id
        ), noted AS (
            INSERT INTO events (ticket_id, run_id, kind, actor, data)
            SELECT ticket_id, id, 'run.sent_again', %(actor)s, jsonb_build_object(
                       'attempt', attempt, 'request_id', %(request_id)s::text)
            FROM waiting
        )
        UPDATE outbox SET sent_at = NULL, next_try_at = now() + interval '30 seconds', tries = 0
        FROM waiting WHERE outbox.run_id = waiting.id AND outbox.attempt = waiting.attempt
        RETURNING outbox.ticket_id, outbox.run_id, outbox.attempt
        """,
        {"ids": list(run_ids), **vars(operator)},
    ).fetchall()


def lock_ticket(conn: Connection, ticket_id: UUID) -> None:
    """Locks a ticket's runs, then the ticket, until the transaction ends: the order of every
    writer.
    """
    conn.execute(
        "SELECT FROM runs WHERE ticket_id = %(id)s ORDER BY id FOR UPDATE", {"id": ticket_id}
    )
    conn.execute("SELECT FROM tickets WHERE id = %(id)s FOR UPDATE", {"id": ticket_id})


def ticket_state(conn: Connection, ticket_id: UUID) -> dict[str, Any] | None:
    """The ticket's `status` and the id of its `open_run`; None for an unknown ticket."""
    return conn.execute(
        """
        SELECT status, (SELECT id FROM runs WHERE ticket_id = tickets.id
                        AND runs.status IN ('PENDING', 'IN_PROGRESS')) AS open_run
        FROM tickets WHERE id = %(id)s
        """,
        {"id": ticket_id},
    ).fetchone()


def open_run(conn: Connection, ticket_id: UUID, operator: Operator) -> Message:
    """Opens a further run of a ticket without an open one; puts its message into the outbox."""
    [message] = open_runs(conn, [ticket_id], operator)
    return message


def open_runs(conn: Connection, ticket_ids: Sequence[UUID], operator: Operator) -> list[Message]:
    """Opens a further run of each ticket without an open one; returns the messages, now in the
    outbox.

    The caller holds the locks of the tickets.
    """
    cursor = conn.cursor(row_factory=class_row(Message[UUID]))
    return cursor.execute(
        """
        WITH run AS (
            INSERT INTO runs (ticket_id, request_id)
            SELECT id, %(request_id)s FROM tickets
            WHERE id = ANY (%(ticket_ids)s) AND NOT EXISTS (
                SELECT FROM runs WHERE ticket_id = tickets.id
                AND runs.status IN ('PENDING', 'IN_PROGRESS'))
            ORDER BY id
            RETURNING id, ticket_id, attempt
        ), waiting AS (
            UPDATE tickets SET ai_status = 'PENDING', version = version + 1, updated_at = now()
            FROM run WHERE tickets.id = run.ticket_id
        ), noted AS (
            INSERT INTO events (ticket_id, run_id, kind, actor, data)
            SELECT ticket_id, id, 'ticket.reprocess', %(actor)s,
                   jsonb_build_object('request_id', %(request_id)s::text)
            FROM run
        ), owed AS (
            INSERT INTO outbox (run_id, attempt, ticket_id, next_try_at)
            SELECT id, attempt, ticket_id, now() + interval '30 seconds' FROM run
        )
        SELECT ticket_id, id AS run_id, attempt FROM run ORDER BY id
        """,
        {"ticket_ids": list(ticket_ids), **vars(operator)},
    ).fetchall()
