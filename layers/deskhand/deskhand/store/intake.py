"""Accepting a ticket: key, ticket, run, outbox message and event in one statement."""

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from psycopg.sql import SQL, Identifier, Placeholder
from psycopg.types.json import Jsonb

from deskhand.store.connection import Connection
from deskhand.store.idempotency_keys import FINGERPRINT_VERSION, Key, bounded_wait

_ACCEPT = SQL(
    """
    WITH answer AS MATERIALIZED (
        SELECT run_id, replace(%(answer)s, '{{run_id}}', run_id::text) AS answer
        FROM nextval('runs_id_seq') AS run_id
    ), key AS (
        INSERT INTO idempotency_keys AS k
            (caller, route, key, fingerprint, fingerprint_version, ticket_id, status, answer,
             expires_at)
        SELECT %(caller)s, %(route)s, %(key)s, %(fingerprint)s, %(version)s, %(ticket_id)s,
               %(status)s, answer, now() + make_interval(hours => %(hours)s)
        FROM answer WHERE %(key)s::text IS NOT NULL
        ON CONFLICT (caller, route, key) DO UPDATE SET
            fingerprint = excluded.fingerprint,
            fingerprint_version = excluded.fingerprint_version,
            ticket_id = excluded.ticket_id, status = excluded.status,
            answer = excluded.answer, created_at = now(), expires_at = excluded.expires_at
        WHERE k.expires_at < now()
        RETURNING key
    ), admitted AS (
        SELECT run_id, answer FROM answer
        WHERE %(key)s::text IS NULL OR EXISTS (SELECT FROM key)
    ), ticket AS (
        INSERT INTO tickets (id, kind, caller, search, search_version, {columns})
        SELECT %(ticket_id)s, %(kind)s, %(caller)s,
               words_of(%(shown_subject)s, %(shown_body)s), 1, {values}
        FROM admitted
    ), run AS (
        INSERT INTO runs (id, ticket_id, request_id, trace)
        SELECT run_id, %(ticket_id)s, %(request_id)s, %(trace)s FROM admitted
    ), message AS (
        -- The relay skips a new message for 30 seconds: ingest sends it right after this.
        INSERT INTO outbox (run_id, attempt, ticket_id, next_try_at)
        SELECT run_id, 1, %(ticket_id)s, now() + interval '30 seconds' FROM admitted
    ), created AS (
        INSERT INTO events (ticket_id, kind, actor, data)
        SELECT %(ticket_id)s, 'ticket.created', %(caller)s,
               jsonb_build_object('kind', %(kind)s::text, 'request_id', %(request_id)s::text)
        FROM admitted
    )
    SELECT run_id, answer FROM admitted
    """
)


@dataclass(frozen=True)
class Intake:
    """A request to accept; the database fills in the `{run_id}` of its `answer`.

    `columns` are the caller's, by name: the statement stores every one that is there. `shown` is
    the subject and the body as a search may read them.
    """

    ticket_id: UUID
    kind: str
    caller: str
    key: Key | None
    request_id: str
    status: int
    answer: str
    columns: dict[str, Any]
    shown: dict[str, str]
    trace: str | None = None


@dataclass(frozen=True)
class Accepted:
    """A stored ticket; every repeat of its key gets the same `answer`."""

    run_id: int
    answer: str


def accept(conn: Connection, intake: Intake) -> Accepted | None:
    """Stores a ticket; None when its key is taken (see `idempotency_keys.earlier_request`).

    One statement is one transaction and one round trip. An expired key is used again. While the
    key's first request is in flight this waits, and then raises KeyInFlight.
    """
    with bounded_wait():
        row = _accept(conn, intake)
    return Accepted(**row) if row else None


def _accept(conn: Connection, intake: Intake) -> dict[str, Any] | None:
    return conn.execute(_statement(tuple(intake.columns)), _parameters(intake)).fetchone()


@cache
def _statement(names: tuple[str, ...]) -> bytes:
    """The statement for these columns: composed once for each kind of submission."""
    columns, values = map(Identifier, names), map(Placeholder, names)
    separator = SQL(", ")
    whole = _ACCEPT.format(columns=separator.join(columns), values=separator.join(values))
    return whole.as_bytes()


def _parameters(intake: Intake) -> dict[str, Any]:
    key = intake.key
    return {
        # An object is JSON.
        **{n: Jsonb(v) if isinstance(v, dict) else v for n, v in intake.columns.items()},
        "ticket_id": intake.ticket_id,
        "kind": intake.kind,
        "caller": intake.caller,
        "route": key and key.route,
        "key": key and key.key,
        "fingerprint": key and key.fingerprint,
        "version": FINGERPRINT_VERSION,
        "hours": key and key.hours,
        "request_id": intake.request_id,
        "trace": intake.trace,
        "shown_subject": intake.shown["subject"],
        "shown_body": intake.shown["body"],
        "status": intake.status,
        "answer": intake.answer,
    }
