"""Accepting a ticket: key, ticket, run, outbox message and event in one statement."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from deskhand.store.connection import Connection


@dataclass(frozen=True)
class Intake:
    """One request to accept; the database fills in the `{run_id}` of its `answer`."""

    ticket_id: UUID
    kind: str
    caller: str
    route: str
    key: str | None
    fingerprint: bytes
    key_hours: int
    request_id: str
    answer: str
    columns: dict[str, Any]


@dataclass(frozen=True)
class Accepted:
    """A ticket that is now stored; `answer` is the reply that every repeat of its key gets."""

    run_id: int
    answer: str


@dataclass(frozen=True)
class Earlier:
    """What an unexpired key was used for before."""

    fingerprint: bytes
    ticket_id: UUID
    answer: str


def accept(conn: Connection, intake: Intake) -> Accepted | None:
    """The accepted ticket, or None when its key is taken: then `earlier` tells by what.

    One statement is one transaction and one round trip. A taken but expired key is taken over;
    a key whose first request is still in flight is waited for (lock_timeout).
    """
    row = conn.execute(
        """
        WITH answer AS MATERIALIZED (
            SELECT run_id, replace(%(answer)s, '{run_id}', run_id::text) AS answer
            FROM nextval('runs_id_seq') AS run_id
        ), key AS (
            INSERT INTO idempotency_keys AS k
                (caller, route, key, fingerprint, ticket_id, answer, expires_at)
            SELECT %(caller)s, %(route)s, %(key)s, %(fingerprint)s, %(ticket_id)s, answer,
                   now() + make_interval(hours => %(key_hours)s)
            FROM answer WHERE %(key)s::text IS NOT NULL
            ON CONFLICT (caller, route, key) DO UPDATE SET
                fingerprint = excluded.fingerprint, ticket_id = excluded.ticket_id,
                answer = excluded.answer, created_at = now(), expires_at = excluded.expires_at
            WHERE k.expires_at < now()
            RETURNING key
        ), admitted AS (
            SELECT run_id, answer FROM answer
            WHERE %(key)s::text IS NULL OR EXISTS (SELECT FROM key)
        ), ticket AS (
            INSERT INTO tickets (id, kind, caller, customer_id, subject, body, department, tags,
                                 channel, metadata)
            SELECT %(ticket_id)s, %(kind)s, %(caller)s, %(customer_id)s, %(subject)s, %(body)s,
                   %(department)s, %(tags)s, %(channel)s, %(metadata)s
            FROM admitted
        ), run AS (
            INSERT INTO runs (id, ticket_id, request_id)
            SELECT run_id, %(ticket_id)s, %(request_id)s FROM admitted
        ), message AS (
            -- The relay leaves a fresh message alone: ingest is about to send it.
            INSERT INTO outbox (run_id, attempt, ticket_id, next_try_at)
            SELECT run_id, 1, %(ticket_id)s, now() + interval '30 seconds' FROM admitted
        ), created AS (
            INSERT INTO events (ticket_id, kind, actor, data)
            SELECT %(ticket_id)s, 'ticket.created', %(caller)s,
                   jsonb_build_object('kind', %(kind)s::text, 'request_id', %(request_id)s::text)
            FROM admitted
        )
        SELECT run_id, answer FROM admitted
        """,
        _parameters(intake),
    ).fetchone()
    return Accepted(**row) if row else None


def earlier(conn: Connection, caller: str, route: str, key: str) -> Earlier | None:
    """What the key was used for, or None when it is free (again)."""
    row = conn.execute(
        """
        SELECT fingerprint, ticket_id, answer FROM idempotency_keys
        WHERE caller = %(caller)s AND route = %(route)s AND key = %(key)s AND expires_at >= now()
        """,
        {"caller": caller, "route": route, "key": key},
    ).fetchone()
    return Earlier(**row) if row else None


def reap_keys(conn: Connection) -> int:
    """How many expired keys were deleted, some thousand at most; expiry itself is in `accept`."""
    return conn.execute(
        """
        DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY(
            SELECT ctid FROM idempotency_keys WHERE expires_at < now()
            ORDER BY expires_at LIMIT 5000 FOR UPDATE SKIP LOCKED))
        """
    ).rowcount


def _parameters(intake: Intake) -> dict[str, Any]:
    return {
        **intake.columns,
        "metadata": Jsonb(intake.columns["metadata"]),
        "ticket_id": intake.ticket_id,
        "kind": intake.kind,
        "caller": intake.caller,
        "route": intake.route,
        "key": intake.key,
        "fingerprint": intake.fingerprint,
        "key_hours": intake.key_hours,
        "request_id": intake.request_id,
        "answer": intake.answer,
    }
