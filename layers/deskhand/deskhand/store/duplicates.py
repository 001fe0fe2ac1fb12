"""Links between tickets about the same problem.

An original is open, older, and no duplicate itself. Tickets are locked by id, oldest first, so
linking, deleting and unlinking cannot deadlock.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from deskhand.errors import OriginalUnsettled, TicketEdited
from deskhand.store.connection import Connection


@dataclass(frozen=True)
class Original:
    """A ticket that others may duplicate, with its triage; `under_way` while one of its runs is
    open.
    """

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
        """Whether it has a triage that a duplicate can inherit."""
        return None not in (self.category, self.request_type, self.priority)


@dataclass(frozen=True)
class CurrentText:
    """The current text of a ticket."""

    id: UUID
    subject: str
    body: str
    text_version: int


def texts(conn: Connection, ticket_ids: Sequence[UUID]) -> list[CurrentText]:
    """The texts of the tickets that still exist."""
    if not ticket_ids:
        return []
    cursor = conn.cursor(row_factory=class_row(CurrentText))
    return cursor.execute(
        "SELECT id, subject, body, text_version FROM tickets WHERE id = ANY (%(ids)s)",
        {"ids": list(ticket_ids)},
    ).fetchall()


def oldest_original(conn: Connection, ticket_id: UUID, found: Sequence[UUID]) -> Original | None:
    """The oldest open original older than the ticket, among `found` and their originals."""
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
    """Links the ticket, and the ticket's own duplicates, to the original.

    Raises OriginalUnsettled when the original is no longer an open original, or its triage changed
    since it was read.
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
    _repeat(conn, original.id, [ticket_id])


def is_edited_since(conn: Connection, ticket_id: UUID) -> bool:
    """Whether the ticket's text was edited after the ticket was linked.

    When an original becomes a duplicate, its own duplicates move to the new original. Such a move
    is no new link, because their texts are not compared again.
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


def link_younger(conn: Connection, ticket_id: UUID, younger: Sequence[UUID]) -> None:
    """Links younger tickets that were searched for before this ticket could be found.

    Skips tickets that people have unlinked; does nothing when the ticket is not an open original.
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
        _repeat(conn, ticket_id, younger)


@dataclass(frozen=True)
class Standing:
    """A ticket as a link sees it; `standing` is original, duplicate or done."""

    id: UUID
    version: int
    status: str
    duplicate_of: UUID | None
    standing: str


def lock_both(conn: Connection, ticket_id: UUID, original: UUID) -> dict[UUID, Standing]:
    """Locks a ticket and the one that it may duplicate; returns those that exist, by id."""
    cursor = conn.cursor(row_factory=class_row(Standing))
    rows = cursor.execute(
        """
        SELECT id, version, status, duplicate_of, standing_of(status, duplicate_of) AS standing
        FROM tickets WHERE id IN (%(ticket_id)s, %(original)s) ORDER BY id FOR NO KEY UPDATE
        """,
        {"ticket_id": ticket_id, "original": original},
    ).fetchall()
    return {row.id: row for row in rows}


def link_by_hand(conn: Connection, ticket_id: UUID, original: UUID, actor: str) -> None:
    """Links a ticket that `lock_both` locked, and its own duplicates, for a person. Later runs
    respect the decision.
    """
    _repeat(conn, original, [ticket_id], actor, by="human")


def _repeat(
    conn: Connection,
    original: UUID,
    tickets: Sequence[UUID],
    actor: str = "workflow",
    by: Literal["ai", "human"] = "ai",
) -> None:
    """Links the tickets, unless people have unlinked them and it is not a person who links.

    Their own duplicates move to the original; who linked those stays known.
    """
    conn.execute(
        """
        WITH old AS (
            SELECT id, duplicate_of FROM tickets
            WHERE id > %(original)s AND duplicate_of IS DISTINCT FROM %(original)s
                  AND (duplicate_of = ANY (%(tickets)s)
                       OR (id = ANY (%(tickets)s) AND duplicate_of IS NULL
                           AND (provenance ->> 'duplicate_of' IS DISTINCT FROM 'human'
                                OR %(by)s = 'human')))
            ORDER BY id FOR NO KEY UPDATE
        ), linked AS (
            UPDATE tickets SET duplicate_of = %(original)s,
                   provenance = tickets.provenance || CASE WHEN old.duplicate_of IS NULL
                       THEN jsonb_build_object('duplicate_of', %(by)s::text) ELSE '{}' END,
                   version = version + 1, updated_at = now()
            FROM old WHERE tickets.id = old.id
            RETURNING tickets.id, old.duplicate_of AS before
        )
        INSERT INTO events (ticket_id, kind, actor, data)
        SELECT id, 'ticket.updated', %(actor)s, jsonb_build_object('changes', jsonb_build_object(
                   'duplicate_of', jsonb_build_object('old', before, 'new', %(original)s::text)))
        FROM linked
        """,
        {"original": original, "tickets": list(tickets), "actor": actor, "by": by},
    )


def cluster_size(conn: Connection, ticket_id: UUID) -> int:
    """The number of tickets about the same problem: this one and its duplicates."""
    [row] = conn.execute(
        "SELECT 1 + count(*) AS tickets FROM tickets WHERE duplicate_of = %(id)s", {"id": ticket_id}
    ).fetchall()
    return int(row["tickets"])


def free(conn: Connection, ticket_id: UUID, text_version: int) -> None:
    """Removes the ticket's link until a run links it again; that run sets its clock anew.

    Raises TicketEdited when the text has another version.
    """
    held = conn.execute(
        "SELECT text_version FROM tickets WHERE id = %(id)s FOR NO KEY UPDATE", {"id": ticket_id}
    ).fetchone()
    if held is None or held["text_version"] != text_version:
        raise TicketEdited
    _unlink(conn, ticket_id, "workflow", {})


def unlink(conn: Connection, ticket_id: UUID, actor: str) -> dict[str, Any] | None:
    """Removes the ticket's link for a person; returns what it was, or None when there was no link.

    `original` is the id it was linked to; `closed_by_rule`: it was closed as a duplicate and is
    open again; `inherited`: it has the original's triage. Later runs respect the decision. The
    caller holds the lock of the ticket.
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
