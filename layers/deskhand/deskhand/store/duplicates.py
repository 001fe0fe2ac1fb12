"""Links between tickets that tell of the same thing.

An original is open, older and no duplicate itself. Tickets are locked in the order of their ids,
the older ones first, so linking, deleting and unlinking cannot wait for each other in a circle.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from deskhand.errors import OriginalUnsettled, TicketEdited
from deskhand.store.connection import Connection


@dataclass(frozen=True)
class Original:
    """A ticket that others may repeat, with its triage; `untriaged` while a run is at it."""

    id: UUID
    category: str | None
    request_type: str | None
    priority: str | None
    confidence: float | None
    needs_review: bool
    ai_status: str
    ai_provider: str | None
    ai_model: str | None
    ai_prompt: str | None
    under_way: bool

    @property
    def triaged(self) -> bool:
        """Whether there is something to inherit."""
        return None not in (self.category, self.request_type, self.priority)


@dataclass(frozen=True)
class Text:
    """A ticket's present text."""

    id: UUID
    subject: str
    body: str
    text_version: int


def texts(conn: Connection, ticket_ids: Sequence[UUID]) -> list[Text]:
    """The texts of the tickets that are there."""
    if not ticket_ids:
        return []
    cursor = conn.cursor(row_factory=class_row(Text))
    return cursor.execute(
        "SELECT id, subject, body, text_version FROM tickets WHERE id = ANY (%(ids)s)",
        {"ids": list(ticket_ids)},
    ).fetchall()


def oldest_original(conn: Connection, ticket_id: UUID, found: Sequence[UUID]) -> Original | None:
    """The oldest open original among the tickets that were found and the originals of those."""
    cursor = conn.cursor(row_factory=class_row(Original))
    return cursor.execute(
        """
        SELECT id, category, request_type, priority, confidence, needs_review, ai_status,
               ai_provider, ai_model, ai_prompt,
               EXISTS (SELECT FROM runs WHERE ticket_id = tickets.id
                       AND runs.status IN ('PENDING', 'IN_PROGRESS')) AS under_way
        FROM tickets
        WHERE id IN (SELECT coalesce(duplicate_of, id) FROM tickets WHERE id = ANY (%(found)s))
              AND id < %(ticket_id)s AND standing_of(status, duplicate_of) = 'original'
        ORDER BY id LIMIT 1
        """,
        {"ticket_id": ticket_id, "found": list(found)},
    ).fetchone()


def link(conn: Connection, ticket_id: UUID, original: Original) -> None:
    """The ticket repeats the original from now on, and so do those that repeated the ticket.

    Raises OriginalUnsettled when the original is not as it was read.
    """
    held = conn.execute(
        """
        SELECT category, request_type, priority FROM tickets
        WHERE id = %(id)s AND standing_of(status, duplicate_of) = 'original'
        FOR NO KEY UPDATE
        """,
        {"id": original.id},
    ).fetchone()
    if held is None or any(held[name] != getattr(original, name) for name in held):
        raise OriginalUnsettled
    _repeat(conn, original.id, [ticket_id], "workflow")


def is_edited_since(conn: Connection, ticket_id: UUID) -> bool:
    """Whether the ticket's text was edited after it was linked.

    An original that repeats another one by now takes its duplicates along: their texts were not
    looked at then.
    """
    [row] = conn.execute(
        """
        SELECT coalesce(max(id) FILTER (WHERE data -> 'changes' ?| '{subject,body}')
                        > max(id) FILTER (WHERE data #> '{changes,duplicate_of,old}' = 'null'),
                        false) AS edited
        FROM events WHERE ticket_id = %(id)s AND kind = 'ticket.updated'
        """,
        {"id": ticket_id},
    ).fetchall()
    return bool(row["edited"])


def claim(conn: Connection, ticket_id: UUID, younger: Sequence[UUID]) -> None:
    """Younger twins that were looked at before this ticket could be found repeat it from now on.

    Not where people said that they repeat nothing, nor if the ticket is no original itself.
    """
    held = conn.execute(
        """
        SELECT FROM tickets
        WHERE id = %(id)s AND standing_of(status, duplicate_of) = 'original'
        FOR NO KEY UPDATE
        """,
        {"id": ticket_id},
    ).fetchone()
    if held is not None and younger:
        _repeat(conn, ticket_id, younger, "workflow")


def _repeat(conn: Connection, original: UUID, tickets: Sequence[UUID], actor: str) -> None:
    conn.execute(
        """
        WITH old AS (
            SELECT id, duplicate_of FROM tickets
            WHERE id > %(original)s AND duplicate_of IS DISTINCT FROM %(original)s
                  AND (duplicate_of = ANY (%(tickets)s)
                       OR (id = ANY (%(tickets)s) AND duplicate_of IS NULL
                           AND provenance ->> 'duplicate_of' IS DISTINCT FROM 'human'))
            ORDER BY id FOR NO KEY UPDATE
        ), linked AS (
            UPDATE tickets SET duplicate_of = %(original)s,
                   provenance = tickets.provenance || '{"duplicate_of": "ai"}',
                   version = version + 1, updated_at = now()
            FROM old WHERE tickets.id = old.id
            RETURNING tickets.id, old.duplicate_of AS before
        )
        INSERT INTO events (ticket_id, kind, actor, data)
        SELECT id, 'ticket.updated', %(actor)s, jsonb_build_object('changes', jsonb_build_object(
                   'duplicate_of', jsonb_build_object('old', before, 'new', %(original)s::text)))
        FROM linked
        """,
        {"original": original, "tickets": list(tickets), "actor": actor},
    )


def cluster(conn: Connection, ticket_id: UUID) -> int:
    """How many tickets are about the same: those that repeat this one, and itself."""
    [row] = conn.execute(
        "SELECT 1 + count(*) AS tickets FROM tickets WHERE duplicate_of = %(id)s", {"id": ticket_id}
    ).fetchall()
    return int(row["tickets"])


def free(conn: Connection, ticket_id: UUID, text_version: int) -> None:
    """The ticket repeats nothing until it is linked anew; its clock is to be settled by the run.

    Raises TicketEdited when its text is another one by now.
    """
    held = conn.execute(
        "SELECT text_version FROM tickets WHERE id = %(id)s FOR NO KEY UPDATE", {"id": ticket_id}
    ).fetchone()
    if held is None or held["text_version"] != text_version:
        raise TicketEdited
    _unlink(conn, ticket_id, "workflow", {})


def unlink(conn: Connection, ticket_id: UUID, actor: str) -> dict[str, Any] | None:
    """What the ticket was until now, or None when it repeats nothing.

    `original` and `inherited`: whether its triage is the original's. A ticket that was closed as a
    duplicate is open again. Triage leaves alone what people decided here. The caller holds it.
    """
    return _unlink(conn, ticket_id, actor, {"duplicate_of": "human"})


def _unlink(
    conn: Connection, ticket_id: UUID, actor: str, by: dict[str, str]
) -> dict[str, Any] | None:
    return conn.execute(
        """
        WITH old AS (
            SELECT id, duplicate_of, status,
                   status = 'closed' AND provenance ->> 'status' = 'rule' AS closed_by_rule
            FROM tickets WHERE id = %(id)s AND duplicate_of IS NOT NULL
        ), freed AS (
            UPDATE tickets SET
                duplicate_of = NULL,
                status = CASE WHEN closed_by_rule THEN 'open' ELSE tickets.status END,
                provenance = (CASE WHEN closed_by_rule THEN provenance - 'status'
                              ELSE provenance END) - 'duplicate_of' || %(by)s::jsonb,
                sla_version = NULL, version = version + 1, updated_at = now()
            FROM old WHERE tickets.id = old.id
        ), noted AS (
            INSERT INTO events (ticket_id, kind, actor, data)
            SELECT id, 'ticket.updated', %(actor)s, jsonb_build_object('changes',
                       jsonb_build_object('duplicate_of',
                                          jsonb_build_object('old', duplicate_of, 'new', NULL)))
            FROM old
        ), reopened AS (
            INSERT INTO events (ticket_id, kind, actor, data)
            SELECT id, 'ticket.status', %(actor)s, '{"old": "closed", "new": "open"}'
            FROM old WHERE closed_by_rule
        )
        SELECT duplicate_of AS original, closed_by_rule, EXISTS (
            SELECT FROM step_outcomes o
            WHERE o.run_id = (SELECT max(id) FROM runs WHERE ticket_id = old.id)
                  AND o.step = 'link_duplicate' AND (o.verdict ->> 'inherited')::bool) AS inherited
        FROM old
        """,
        {"id": ticket_id, "actor": actor, "by": Jsonb(by)},
    ).fetchone()
