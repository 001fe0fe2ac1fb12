"""Mails with reports: owed, sending, then sent, refused or uncertain. Each phase is committed.

A mail whose confirmation was lost is owed once more, marked as `repeated`. When that one's is lost
too, the mail is `uncertain`, and a person decides.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from psycopg.rows import class_row

from deskhand.store.connection import Connection
from deskhand.uuid7 import uuid7

WORKFLOW = "workflow"
# Longer than a function that sends may run, so an expired lease means that it has ended.
LEASE_SECONDS = 210


@dataclass(frozen=True, slots=True)
class ClaimedMail:
    """A mail that this process may send until its lease ends; `tries` identifies the claim."""

    id: UUID
    report_id: UUID
    recipient: str
    requested_at: datetime
    tries: int
    repeated: bool
    linked: bool


def owe(
    conn: Connection, report_id: UUID, recipients: Sequence[str], requested_by: str
) -> list[UUID]:
    """Adds a mail to each recipient and returns the new ids, in order; the workflow's once only."""
    rows = conn.execute(
        """
        INSERT INTO report_mails (id, report_id, recipient, requested_by)
        SELECT id, %(report_id)s, recipient, %(requested_by)s
        FROM unnest(%(ids)s::uuid[], %(recipients)s::text[]) AS wanted (id, recipient)
        ON CONFLICT (report_id, recipient) WHERE requested_by = 'workflow' DO NOTHING
        RETURNING id
        """,
        {
            "report_id": report_id,
            "ids": [uuid7() for _ in recipients],
            "recipients": list(recipients),
            "requested_by": requested_by,
        },
    ).fetchall()
    return sorted(row["id"] for row in rows)


def settle_expired(conn: Connection) -> None:
    """Frees the mails of functions that have ended while they were sending.

    They wait like any other, so that a mail that ends each function does not take all of them.
    """
    expired = conn.execute(
        "SELECT id, tries FROM report_mails"
        " WHERE status = 'sending' AND lease_until <= now() ORDER BY id"
    ).fetchall()
    for row in expired:
        _settle(conn, row["id"], row["tries"], "ended", error="the function ended")


def claim(
    conn: Connection, *, report_id: UUID | None = None, other_than: UUID | None = None
) -> ClaimedMail | None:
    """The longest owed mail that is due, now being sent by the caller; None when there is none."""
    return (
        conn.cursor(row_factory=class_row(ClaimedMail))
        .execute(
            """
            WITH due AS MATERIALIZED (
                SELECT id FROM report_mails
                WHERE status = 'owed' AND next_try_at <= now()
                  AND (%(report_id)s::uuid IS NULL OR report_id = %(report_id)s)
                  AND (%(other_than)s::uuid IS NULL OR report_id <> %(other_than)s)
                ORDER BY requested_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
            )
            UPDATE report_mails m
            SET status = 'sending', tries = tries + 1, data_started_at = NULL,
                lease_until = now() + make_interval(secs => %(lease)s)
            FROM due WHERE m.id = due.id
            RETURNING m.id, m.report_id, m.recipient, m.requested_at, m.tries, m.repeated, m.linked
            """,
            {"report_id": report_id, "other_than": other_than, "lease": LEASE_SECONDS},
        )
        .fetchone()
    )


def start_data(conn: Connection, mail: ClaimedMail, sender: str, size: int) -> bool:
    """Records that the server may accept the mail from now on; False: the lease is lost."""
    return (
        conn.execute(
            """
            UPDATE report_mails SET data_started_at = now(), sender = %(sender)s, bytes = %(size)s
            WHERE id = %(id)s AND status = 'sending' AND tries = %(tries)s AND lease_until > now()
            """,
            {"id": mail.id, "tries": mail.tries, "sender": sender, "size": size},
        ).rowcount
        == 1
    )


def mark_sent(conn: Connection, mail: ClaimedMail, reply: str, seconds: float) -> None:
    """Records that the server accepted the mail, also when the lease has ended meanwhile."""
    _settle(conn, mail.id, mail.tries, "sent", reply=reply, seconds=seconds)


def postpone(conn: Connection, mail: ClaimedMail, error: str) -> None:
    """The mail was not accepted for now. The wait doubles from a minute to an hour; after four days
    it counts as refused."""
    _settle(conn, mail.id, mail.tries, "later", error=error)


def refuse(conn: Connection, mail: ClaimedMail, error: str) -> None:
    """The mail will not be accepted: it is not tried again."""
    _settle(conn, mail.id, mail.tries, "refused", error=error)


def end_try(conn: Connection, mail: ClaimedMail, error: str) -> None:
    """The try ended unexpectedly: its reply counts as lost if the text had begun."""
    _settle(conn, mail.id, mail.tries, "ended", error=error)


def lose_reply(conn: Connection, mail: ClaimedMail, error: str) -> None:
    """The confirmation did not arrive: repeated once, and uncertain after that."""
    _settle(conn, mail.id, mail.tries, "lost", error=error)


def link(conn: Connection, mail: ClaimedMail) -> None:
    """The mail is owed at once, with a link in place of the file."""
    conn.execute(
        "UPDATE report_mails SET status = 'owed', lease_until = NULL, linked = true,"
        " data_started_at = NULL WHERE id = %(id)s AND status = 'sending' AND tries = %(tries)s",
        {"id": mail.id, "tries": mail.tries},
    )


def postpone_all(conn: Connection, error: str) -> None:
    """Nothing is tried for a quarter of an hour: often, a wrong password locks the account."""
    conn.execute(
        "UPDATE report_mails SET error = %(error)s, next_try_at ="
        " greatest(next_try_at, now() + interval '15 minutes') WHERE status = 'owed'",
        {"error": error},
    )


def make_due(conn: Connection) -> None:
    """Makes every owed mail due now."""
    conn.execute("UPDATE report_mails SET next_try_at = now() WHERE status = 'owed'")


def counts(conn: Connection, report_id: UUID) -> dict[str, int]:
    """The number of the report's mails by status."""
    rows = conn.execute(
        "SELECT status, count(*) AS n FROM report_mails WHERE report_id = %(id)s GROUP BY status",
        {"id": report_id},
    ).fetchall()
    return {row["status"]: row["n"] for row in rows}


def failure_groups(
    conn: Connection, step: str | None, error: str | None, shown: int
) -> list[dict[str, Any]]:
    """Refused and uncertain mails of the last month that nobody has sent again, by what they are.

    `shown` is the number of run ids in a group.
    """
    return conn.execute(
        """
        WITH failed AS (
            SELECT m.*, r.run_id, CASE m.status WHEN 'refused' THEN 'MailRefused'
                                                ELSE 'MailUncertain' END AS kind
            FROM report_mails m JOIN reports r ON r.id = m.report_id
            WHERE m.status IN ('refused', 'uncertain')
              AND m.requested_at > now() - interval '30 days'
              AND NOT EXISTS (
                  SELECT FROM report_mails AS newer
                  WHERE newer.report_id = m.report_id AND newer.recipient = m.recipient
                    AND newer.requested_at > m.requested_at)
        )
        SELECT 'mail' AS source, 'send_report' AS step, kind AS error, count(*) AS count,
               min(requested_at) AS oldest, max(requested_at) AS newest,
               (array_agg(jsonb_build_object(
                   'report_id', report_id, 'mail_id', id, 'reason', error)
                   ORDER BY requested_at DESC))[1] AS example,
               (array_agg(run_id ORDER BY requested_at DESC))[:%(shown)s] AS run_ids
        FROM failed
        WHERE (%(step)s::text IS NULL OR %(step)s = 'send_report')
          AND (%(error)s::text IS NULL OR %(error)s = kind)
        GROUP BY kind ORDER BY kind
        """,
        {"step": step, "error": error, "shown": shown},
    ).fetchall()


def _settle(
    conn: Connection,
    mail_id: UUID,
    tries: int,
    outcome: Literal["sent", "later", "lost", "ended", "refused"],
    *,
    error: str | None = None,
    reply: str | None = None,
    seconds: float | None = None,
) -> None:
    """Ends a try. A mail that has ended is an event of its run, without an address."""
    conn.execute(
        """
        WITH tried AS (
            SELECT id, CASE WHEN %(outcome)s <> 'ended' THEN %(outcome)s
                            WHEN data_started_at IS NULL THEN 'later'
                            ELSE 'lost' END AS outcome
            FROM report_mails
            WHERE id = %(id)s AND (status = 'sending' AND tries = %(tries)s
                                   OR %(outcome)s = 'sent' AND status <> 'sent')
            FOR UPDATE
        ), settled AS (
            UPDATE report_mails m SET
                status = CASE tried.outcome
                    WHEN 'lost' THEN CASE WHEN repeated THEN 'uncertain' ELSE 'owed' END
                    -- Mail servers give up after four or five days, too.
                    WHEN 'later' THEN CASE WHEN requested_at < now() - interval '4 days'
                                           THEN 'refused' ELSE 'owed' END
                    ELSE tried.outcome END,
                repeated = repeated OR tried.outcome = 'lost',
                sent_at = CASE WHEN tried.outcome = 'sent' THEN now() END,
                lease_until = NULL, reply = %(reply)s, error = %(error)s,
                next_try_at = now()
                    + least(interval '1 minute' * power(2, least(tries - 1, 10)), interval '1 hour')
            FROM tried WHERE m.id = tried.id
            RETURNING m.*
        )
        INSERT INTO events (run_id, kind, actor, step, data)
        SELECT reports.run_id, 'report.' || settled.status, 'send_report', 'send_report',
               jsonb_build_object(
                   'report_id', settled.report_id, 'mail_id', settled.id, 'tries', settled.tries,
                   'repeated', settled.repeated, 'linked', settled.linked, 'bytes', settled.bytes,
                   'error', settled.error, 'seconds', %(seconds)s::float8)
        FROM settled JOIN reports ON reports.id = settled.report_id
        WHERE settled.status <> 'owed'
        """,
        {
            "id": mail_id,
            "tries": tries,
            "outcome": outcome,
            "error": error,
            "reply": reply,
            "seconds": seconds,
        },
    )
