"""Messages for the queue. A message is marked sent after it was sent, never before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from psycopg.rows import class_row

from deskhand.store.connection import Connection


@dataclass(frozen=True)
class Message[Of: UUID | None = UUID]:
    """One attempt of a run, as in the queue and as input of the execution: ids only, always the
    same bytes.

    A run of triage has a ticket; a run of attribution has none. The ids of the request that began
    the run, and of its trace, travel beside the message.
    """

    ticket_id: Of
    run_id: int
    attempt: int
    request_id: str | None = field(default=None, compare=False)
    trace: str | None = field(default=None, compare=False)

    def to_json(self) -> str:
        """JSON of at most 200 bytes."""
        if self.ticket_id is None:
            return f'{{"run_id":{self.run_id},"attempt":{self.attempt}}}'
        return f'{{"ticket_id":"{self.ticket_id}","run_id":{self.run_id},"attempt":{self.attempt}}}'

    def ids(self) -> dict[str, UUID | int | None]:
        """What names the attempt, as shown to operators."""
        return {"ticket_id": self.ticket_id, "run_id": self.run_id, "attempt": self.attempt}

    @property
    def execution_name(self) -> str:
        """A name of at most 80 characters. It contains the ticket's id, because run ids start again
        with a new database.
        """
        if self.ticket_id is None:
            return f"attribution-r{self.run_id}-a{self.attempt}"
        return f"t-{self.ticket_id}-r{self.run_id}-a{self.attempt}"

    def execution_arn(self, state_machine_arn: str) -> str:
        """The ARN of the attempt's execution, whether it has started or not."""
        return f"{state_machine_arn.replace(':stateMachine:', ':execution:')}:{self.execution_name}"


# Of a run of any workflow.
type AnyMessage = Message[UUID | None]


def mark_sent(conn: Connection, messages: Sequence[AnyMessage]) -> None:
    """Marks messages as sent to the queue."""
    conn.execute(
        """
        UPDATE outbox SET sent_at = now()
        FROM unnest(%(runs)s::bigint[], %(attempts)s::int[]) AS sent(run_id, attempt)
        WHERE outbox.run_id = sent.run_id AND outbox.attempt = sent.attempt AND sent_at IS NULL
        """,
        {"runs": [m.run_id for m in messages], "attempts": [m.attempt for m in messages]},
    )


def claim_due(conn: Connection, limit: int) -> list[AnyMessage]:
    """Up to `limit` due messages, postponed so that other relays skip them.

    The wait doubles with each try, from 15 seconds to one minute, and the tries never end: a queue
    that is back gets its messages within two runs of the relay.
    """
    cursor = conn.cursor(row_factory=class_row(Message[UUID | None]))
    return cursor.execute(
        """
        WITH due AS MATERIALIZED (
            SELECT run_id, attempt FROM outbox WHERE sent_at IS NULL AND next_try_at <= now()
            ORDER BY next_try_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
        )
        UPDATE outbox SET tries = tries + 1, next_try_at =
            now() + least(interval '15 seconds' * power(2, least(tries, 10)), interval '1 minute')
        FROM due JOIN runs ON runs.id = due.run_id
        WHERE outbox.run_id = due.run_id AND outbox.attempt = due.attempt
        RETURNING outbox.ticket_id, outbox.run_id, outbox.attempt, request_id, trace
        """,
        {"limit": limit},
    ).fetchall()


def postpone(conn: Connection, message: AnyMessage, seconds: float) -> None:
    """Puts the message of an attempt that found no place back into the outbox, due in `seconds`."""
    conn.execute(
        """
        UPDATE outbox SET sent_at = NULL, tries = 0,
               next_try_at = now() + make_interval(secs => %(seconds)s)
        WHERE run_id = %(run_id)s AND attempt = %(attempt)s
        """,
        {"run_id": message.run_id, "attempt": message.attempt, "seconds": seconds},
    )


def make_due(conn: Connection) -> None:
    """Makes every unsent message due now, for the end of an outage."""
    conn.execute("UPDATE outbox SET next_try_at = now() WHERE sent_at IS NULL")


def unsent(conn: Connection) -> int:
    """The number of unsent messages."""
    row = conn.execute("SELECT count(*) AS n FROM outbox WHERE sent_at IS NULL").fetchone()
    return int(row["n"]) if row else 0
