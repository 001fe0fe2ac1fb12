"""Entities, drafts and reviews that triage prepares for people, and the sources of drafts.

These writes leave the ticket's version alone: CreateTicket increments it once for the whole run, so
a person who edits meanwhile gets no conflict.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from deskhand.errors import TicketEdited
from deskhand.store.connection import Connection
from deskhand.store.steps import Apply


def set_entities(
    conn: Connection, ticket_id: UUID, text_version: int, entities: dict[str, Any]
) -> None:
    """Stores the entities of this version of the text; raises TicketEdited for an older one."""
    _stored(
        conn.execute(
            "UPDATE tickets SET entities = %(entities)s"
            " WHERE id = %(id)s AND text_version = %(text_version)s",
            {"id": ticket_id, "text_version": text_version, "entities": Jsonb(entities)},
        ).rowcount
    )


def set_draft(
    conn: Connection, ticket_id: UUID, text_version: int, run_id: int, draft: dict[str, Any]
) -> None:
    """Stores a draft that is not reviewed yet; raises TicketEdited when the text is newer."""
    _stored(
        conn.execute(
            "UPDATE tickets SET draft = %(draft)s"
            " WHERE id = %(id)s AND text_version = %(text_version)s",
            {
                "id": ticket_id,
                "text_version": text_version,
                "draft": Jsonb({"run_id": run_id, **draft, "review": None}),
            },
        ).rowcount
    )


def set_review(
    conn: Connection, ticket_id: UUID, run_id: int, review: dict[str, Any], *, needs_review: bool
) -> None:
    """Stores the review of a draft; `needs_review` marks the ticket, unless a person set that
    field.
    """
    conn.execute(
        """
        UPDATE tickets SET
            draft = CASE WHEN draft -> 'run_id' = to_jsonb(%(run_id)s::bigint)
                THEN jsonb_set(draft, '{review}', %(review)s) ELSE draft END,
            needs_review = CASE WHEN %(needs_review)s AND
                    provenance ->> 'needs_review' IS DISTINCT FROM 'human'
                THEN true ELSE needs_review END,
            review_reasons = CASE WHEN NOT %(needs_review)s THEN review_reasons
                WHEN needs_review THEN array_append(
                    array_remove(review_reasons, 'draft_refused'), 'draft_refused')
                ELSE '{draft_refused}' END
        WHERE id = %(id)s
        """,
        {
            "id": ticket_id,
            "run_id": run_id,
            "review": Jsonb(review),
            "needs_review": needs_review,
        },
    )


def without_older(run_id: int, write: Apply) -> Apply:
    """The write with a deletion of drafts by earlier runs after it."""

    def both(conn: Connection, ticket_id: UUID) -> dict[str, Any] | None:
        found = write(conn, ticket_id)
        conn.execute(
            "UPDATE tickets SET draft = NULL"
            " WHERE id = %(id)s AND draft -> 'run_id' <> to_jsonb(%(run_id)s::bigint)",
            {"id": ticket_id, "run_id": run_id},
        )
        return found

    return both


def passages(conn: Connection, slugs: Sequence[str]) -> list[dict[str, Any]]:
    """Every section of the articles that still exist, by slug and position."""
    return conn.execute(
        """
        SELECT s.slug, s.section AS number, a.title, s.heading AS section, s.body AS text,
               s.quotes
        FROM article_sections s JOIN articles a ON a.slug = s.slug
        WHERE s.slug = ANY (%(slugs)s) ORDER BY s.slug, s.section
        """,
        {"slugs": list(slugs)},
    ).fetchall()


def minutes_to_solve(conn: Connection, ticket_ids: Sequence[UUID]) -> list[int]:
    """The minutes from arrival to the last solution of each solved ticket, shortest first."""
    rows = conn.execute(
        """
        SELECT ceil(extract(epoch FROM max(e.at) - t.created_at) / 60)::int AS minutes
        FROM tickets t JOIN events e ON e.ticket_id = t.id
        WHERE t.id = ANY (%(ids)s) AND e.kind = 'ticket.status' AND e.data ->> 'new' = 'solved'
        GROUP BY t.id ORDER BY minutes
        """,
        {"ids": list(ticket_ids)},
    ).fetchall()
    return [row["minutes"] for row in rows]


def custom_entities(conn: Connection, limit: int) -> list[dict[str, Any]]:
    """Up to `limit` entities that the catalog in force asks for, each name once.

    Those of single request types are included, because the type is not known yet.
    """
    return conn.execute(
        """
        SELECT DISTINCT ON (lower(each ->> 'name')) each ->> 'name' AS name,
               coalesce(each ->> 'description', '') AS description,
               coalesce(each ->> 'pattern', '') AS pattern
        FROM catalogs, jsonb_path_query(document, 'strict $.**.entities[*]') AS each
        WHERE active AND jsonb_typeof(each) = 'object'
        ORDER BY lower(each ->> 'name') LIMIT %(limit)s
        """,
        {"limit": limit},
    ).fetchall()


def _stored(rows: int) -> None:
    if rows == 0:
        raise TicketEdited
