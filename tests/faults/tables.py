"""What the suite asks the tables, and how it makes time pass in them."""

from typing import Any

from deskhand.store.outbox import Message
from deskhand.store.workflow import BESIDE_CLASSIFY
from tests.faults.rig import Rig


def open_work(rig: Rig, tag: str) -> int | None:
    """Runs of a scenario that are open and messages that are owed; None before there is a run."""
    [left] = rig.rows(
        """
        WITH of AS (SELECT id FROM tickets WHERE metadata ->> 'scenario' = %(tag)s)
        SELECT (SELECT count(*) FROM runs WHERE ticket_id IN (SELECT id FROM of)) AS runs,
               (SELECT count(*) FROM runs WHERE ticket_id IN (SELECT id FROM of)
                AND status IN ('PENDING', 'IN_PROGRESS')) +
               (SELECT count(*) FROM outbox WHERE ticket_id IN (SELECT id FROM of)
                AND sent_at IS NULL) AS open
        """,
        tag=tag,
    )
    return int(left["open"]) if left["runs"] else None


def back_off_is_over(rig: Rig, tag: str) -> None:
    """What a scenario still owes the queue is due."""
    rig.change(
        """
        UPDATE outbox SET next_try_at = now() WHERE sent_at IS NULL AND ticket_id IN
            (SELECT id FROM tickets WHERE metadata ->> 'scenario' = %(tag)s)
        """,
        tag=tag,
    )


def nothing_moved(rig: Rig, tag: str, for_seconds: float = 0) -> None:
    """Open runs of a scenario that have not moved for so long have not for five minutes."""
    rig.change(
        """
        UPDATE runs SET progressed_at = progressed_at - interval '301 seconds'
        WHERE status IN ('PENDING', 'IN_PROGRESS')
              AND progressed_at <= now() - make_interval(secs => %(seconds)s)
              AND ticket_id IN (SELECT id FROM tickets WHERE metadata ->> 'scenario' = %(tag)s)
        """,
        tag=tag,
        seconds=for_seconds,
    )


def attempts(rig: Rig, tag: str) -> list[Message]:
    """Every attempt of a scenario's runs that has a message, as messages name them."""
    found = rig.rows(
        """
        SELECT o.ticket_id, o.run_id, o.attempt FROM outbox o JOIN tickets t ON t.id = o.ticket_id
        WHERE t.metadata ->> 'scenario' = %(tag)s ORDER BY o.run_id, o.attempt
        """,
        tag=tag,
    )
    return [Message(**row) for row in found]


def at_work(rig: Rig, tag: str) -> list[dict[str, Any]]:
    """Runs of a scenario with each step that they are at: Classify has others beside it."""
    return rig.rows(
        """
        SELECT r.id AS run_id, r.ticket_id, r.attempt, at.step
        FROM runs r JOIN tickets t ON t.id = r.ticket_id
        CROSS JOIN unnest(CASE r.current_step
            WHEN 'classify' THEN %(beside)s::text[] || r.current_step
            ELSE ARRAY[r.current_step] END) AS at (step)
        WHERE r.status = 'IN_PROGRESS' AND at.step IS NOT NULL
              AND t.metadata ->> 'scenario' = %(tag)s
              AND NOT EXISTS (SELECT FROM step_outcomes o
                              WHERE o.run_id = r.id AND o.step = at.step)
        """,
        tag=tag,
        beside=list(BESIDE_CLASSIFY),
    )


def outcomes(rig: Rig, tag: str) -> list[dict[str, Any]]:
    """Every stored outcome of a scenario."""
    return rig.rows(
        """
        SELECT o.run_id, r.ticket_id, r.attempt, o.step, o.verdict,
               extract(epoch FROM o.created_at)::float8 AS stored_at
        FROM step_outcomes o JOIN runs r ON r.id = o.run_id JOIN tickets t ON t.id = r.ticket_id
        WHERE t.metadata ->> 'scenario' = %(tag)s
        """,
        tag=tag,
    )


def owed(rig: Rig, tag: str) -> int:
    """How many messages of a scenario the queue has not been given."""
    [found] = rig.rows(
        """
        SELECT count(*) AS n FROM outbox o JOIN tickets t ON t.id = o.ticket_id
        WHERE o.sent_at IS NULL AND t.metadata ->> 'scenario' = %(tag)s
        """,
        tag=tag,
    )
    return int(found["n"])


def tries(rig: Rig, tag: str) -> int:
    """How often the relay has tried to send a scenario's messages."""
    [found] = rig.rows(
        """
        SELECT coalesce(sum(o.tries), 0) AS n FROM outbox o JOIN tickets t ON t.id = o.ticket_id
        WHERE t.metadata ->> 'scenario' = %(tag)s
        """,
        tag=tag,
    )
    return int(found["n"])


def next_try_is_sooner(rig: Rig, tag: str, seconds: int) -> None:
    """The next try of a scenario's messages comes so much earlier."""
    rig.change(
        """
        UPDATE outbox SET next_try_at = next_try_at - make_interval(secs => %(seconds)s)
        WHERE ticket_id IN (SELECT id FROM tickets WHERE metadata ->> 'scenario' = %(tag)s)
        """,
        tag=tag,
        seconds=seconds,
    )


def progress_is_older(rig: Rig, tag: str, seconds: int) -> None:
    """A scenario's runs have not moved for so much longer."""
    rig.change(
        """
        UPDATE runs SET progressed_at = progressed_at - make_interval(secs => %(seconds)s)
        WHERE ticket_id IN (SELECT id FROM tickets WHERE metadata ->> 'scenario' = %(tag)s)
        """,
        tag=tag,
        seconds=seconds,
    )


def key_is_older(rig: Rig, ticket: str, seconds: int) -> None:
    """The keys of a ticket were stored so much earlier."""
    rig.change(
        """
        UPDATE idempotency_keys
        SET created_at = created_at - make_interval(secs => %(seconds)s),
            expires_at = expires_at - make_interval(secs => %(seconds)s)
        WHERE ticket_id = %(ticket)s
        """,
        ticket=ticket,
        seconds=seconds,
    )


def keys_of(rig: Rig, ticket: str) -> int:
    """How many keys of a ticket are stored."""
    [found] = rig.rows(
        "SELECT count(*) AS n FROM idempotency_keys WHERE ticket_id = %(ticket)s", ticket=ticket
    )
    return int(found["n"])
