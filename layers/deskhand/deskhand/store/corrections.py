"""Corrections by people, each beside the prediction that it judges."""

from dataclasses import dataclass
from typing import Any, LiteralString, NamedTuple
from uuid import UUID

from deskhand.store.connection import Connection
from deskhand.store.ticket_filter import Filter, condition

# With fewer judged tickets no precision is known.
FEWEST_JUDGED = 20
# What is recent: long enough for a judgement, short enough to notice a change.
LATELY_DAYS = 28


@dataclass(frozen=True)
class Said:
    """What a person says of a ticket's triage; `bulk_id` is the bulk change in which they do."""

    actor: str
    category: str
    request_type: str
    priority: str | None
    bulk_id: UUID | None = None


def record(conn: Connection, ticket_id: UUID, said: Said) -> None:
    """Stores a person's correction beside the prediction of the ticket's latest run, and counts
    each field that it judges."""
    conn.execute(
        """
        WITH correction AS (
            INSERT INTO corrections (ticket_id, actor, category, request_type, priority,
                bulk_id, predicted_category, predicted_request_type, predicted_priority, confidence,
                unattended, provider, model)
            SELECT %(ticket_id)s, %(actor)s, %(category)s, %(request_type)s, %(priority)s,
                   %(bulk_id)s,
                   p.result ->> 'category', p.result ->> 'request_type', p.verdict ->> 'priority',
                   (p.result ->> 'confidence')::real,
                   NOT (p.result ->> 'needs_review')::boolean,
                   p.result ->> 'provider', p.result ->> 'model'
            FROM (VALUES (1)) AS one LEFT JOIN (
                SELECT o.result, o.verdict FROM step_outcomes o JOIN runs r ON r.id = o.run_id
                WHERE r.ticket_id = %(ticket_id)s AND o.step = 'classify'
                ORDER BY r.id DESC, o.revision DESC LIMIT 1
            ) AS p ON true
            RETURNING *
        )
        INSERT INTO metric_increments (sample, labels, value)
        SELECT 'corrections_total', jsonb_build_object('field', field, 'outcome',
                   CASE WHEN chosen = predicted THEN 'confirmed' ELSE 'changed' END), 1
        FROM correction, LATERAL (VALUES
            ('category', category, predicted_category),
            ('request_type', request_type, predicted_request_type),
            ('priority', priority, predicted_priority)) AS judged (field, chosen, predicted)
        WHERE chosen IS NOT NULL AND predicted IS NOT NULL
        """,
        {"ticket_id": ticket_id, **vars(said)},
    )


def forget(conn: Connection, ticket_id: UUID, bulk_id: UUID) -> bool:
    """Deletes what was said of a ticket in a bulk change; returns whether anything was."""
    deleted = conn.execute(
        "DELETE FROM corrections WHERE ticket_id = %(ticket_id)s AND bulk_id = %(bulk_id)s",
        {"ticket_id": ticket_id, "bulk_id": bulk_id},
    )
    return deleted.rowcount > 0


def latest(conn: Connection, ticket_id: UUID) -> dict[str, Any] | None:
    """The latest correction of a ticket; `right` says whether triage had predicted the same."""
    return conn.execute(
        """
        SELECT id, ticket_id, actor, category, request_type, priority, predicted_category,
               predicted_request_type, predicted_priority, confidence, unattended, provider, model,
               at,
               (category, request_type) = (predicted_category, predicted_request_type) AS "right"
        FROM corrections WHERE ticket_id = %(ticket_id)s ORDER BY id DESC LIMIT 1
        """,
        {"ticket_id": ticket_id},
    ).fetchone()


class JudgedPrediction(NamedTuple):
    """A predicted pair with its confidence, and whether people said the same."""

    pair: tuple[str, str]
    confidence: float
    right: bool


def judged_predictions(
    conn: Connection, provider: str, model: str, at_most: int
) -> list[JudgedPrediction]:
    """The latest predictions of a provider's model that people judged, the newest first. Only the
    last judgement of a ticket counts.
    """
    rows = conn.execute(
        """
        SELECT predicted_category, predicted_request_type, confidence, (category, request_type)
                           = (predicted_category, predicted_request_type) AS "right"
        FROM corrections c
        WHERE provider = %(provider)s AND model = %(model)s
              AND predicted_category IS NOT NULL AND confidence IS NOT NULL
              AND NOT EXISTS (SELECT FROM corrections later
                              WHERE later.ticket_id = c.ticket_id AND later.id > c.id)
        ORDER BY id DESC LIMIT %(at_most)s
        """,
        {"provider": provider, "model": model, "at_most": at_most},
    ).fetchall()
    return [
        JudgedPrediction(
            (row["predicted_category"], row["predicted_request_type"]),
            row["confidence"],
            row["right"],
        )
        for row in rows
    ]


def quality(conn: Connection, days: int, wanted: Filter) -> dict[str, Any]:
    """The quality of triage in the last `days`: predictions that were judged and right, in total,
    by provider and by tenths of confidence; tickets that were triaged, that no person had to look
    at, and that were solved without a correction. With a filter, of the tickets that it selects.
    """
    where, values = condition(wanted)
    of_tickets: LiteralString = (
        " AND ticket_id IN (SELECT t.id FROM tickets t WHERE " + where + ")" if wanted else ""
    )
    values["days"] = days
    totals = conn.execute(
        """
        SELECT count(*) AS judged, count(*) FILTER (WHERE "right") AS "right",
               count(*) FILTER (WHERE unattended) AS unattended_judged,
               count(*) FILTER (WHERE unattended AND "right") AS unattended_right
        FROM judgements WHERE at >= now() - make_interval(days => %(days)s)
        """
        + of_tickets,
        values,
    ).fetchone()
    return {
        **(totals or {}),
        **_priorities(conn, of_tickets, values),
        **_triaged(conn, where, values),
        "providers": _by_provider(conn, of_tickets, values),
        "categories": _by_category(conn, of_tickets, values),
        "lately": _lately(conn, of_tickets, values),
        "tenths": _by_confidence(conn, of_tickets, values),
    }


def _priorities(
    conn: Connection, of_tickets: LiteralString, values: dict[str, Any]
) -> dict[str, Any]:
    """Judgements of the priority, the last one of each ticket; a correction without a priority does
    not count.
    """
    row = conn.execute(
        """
        SELECT count(*) AS priorities_judged,
               count(*) FILTER (WHERE priority = predicted_priority) AS priorities_right
        FROM (
            SELECT DISTINCT ON (coalesce(ticket_id::text, id::text)) *
            FROM corrections WHERE priority IS NOT NULL AND predicted_category IS NOT NULL
            ORDER BY coalesce(ticket_id::text, id::text), id DESC
        ) AS said WHERE at >= now() - make_interval(days => %(days)s)
        """
        + of_tickets,
        values,
    ).fetchone()
    return row or {}


def _by_provider(
    conn: Connection, of_tickets: LiteralString, values: dict[str, Any]
) -> list[dict[str, Any]]:
    return conn.execute(
        """
        SELECT provider, model, count(*) AS judged, count(*) FILTER (WHERE "right") AS "right"
        FROM judgements WHERE at >= now() - make_interval(days => %(days)s)
        """
        + of_tickets
        + " GROUP BY provider, model ORDER BY provider, model",
        values,
    ).fetchall()


def _lately(conn: Connection, of_tickets: LiteralString, values: dict[str, Any]) -> dict[str, Any]:
    """The judged tickets of the last weeks that triage had asked no review of."""
    row = conn.execute(
        """
        SELECT count(*) AS judged, count(*) FILTER (WHERE "right") AS "right"
        FROM judgements WHERE unattended AND at >= now() - make_interval(days => %(days)s)
        """
        + of_tickets,
        values | {"days": LATELY_DAYS},
    ).fetchone()
    return row or {}


def _by_category(
    conn: Connection, of_tickets: LiteralString, values: dict[str, Any]
) -> list[dict[str, Any]]:
    """By the category that triage had said, the most judged first."""
    return conn.execute(
        """
        SELECT predicted_category AS category,
               count(*) AS judged, count(*) FILTER (WHERE "right") AS "right",
               count(*) FILTER (WHERE unattended) AS unattended_judged,
               count(*) FILTER (WHERE unattended AND "right") AS unattended_right
        FROM judgements WHERE at >= now() - make_interval(days => %(days)s)
        """
        + of_tickets
        + " GROUP BY predicted_category ORDER BY judged DESC, predicted_category",
        values,
    ).fetchall()


def _by_confidence(
    conn: Connection, of_tickets: LiteralString, values: dict[str, Any]
) -> list[dict[str, Any]]:
    return conn.execute(
        """
        SELECT least(floor(confidence * 10)::int, 9) AS tenth, count(*) AS judged,
               avg(confidence) AS confidence, avg("right"::int)::float8 AS accuracy
        FROM judgements WHERE at >= now() - make_interval(days => %(days)s)
        """
        + of_tickets
        + " GROUP BY tenth ORDER BY tenth",
        values,
    ).fetchall()


def _triaged(conn: Connection, where: LiteralString, values: dict[str, Any]) -> dict[str, Any]:
    row = conn.execute(
        """
        SELECT count(*) AS triaged,
               count(*) FILTER (WHERE NOT (o.result ->> 'needs_review')::boolean) AS unattended,
               count(*) FILTER (WHERE t.status IN ('solved', 'closed') AND NOT EXISTS (
                   SELECT FROM corrections c WHERE c.ticket_id = t.id)) AS uncontested
        FROM tickets t CROSS JOIN LATERAL (
            SELECT o.result FROM step_outcomes o JOIN runs r ON r.id = o.run_id
            WHERE r.ticket_id = t.id AND o.step = 'classify'
            ORDER BY r.id DESC, o.revision DESC LIMIT 1
        ) AS o
        WHERE t.created_at >= now() - make_interval(days => %(days)s) AND """
        + where,
        values,
    ).fetchone()
    return row or {}
