"""A person with something in every place, and a search of the whole database for it."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import boto3
import pytest
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from deskhand.audits.keys import key_of
from deskhand.store import audits, calls, examples, import_progress, intake
from deskhand.store.calls import CacheEntry, Calls, Effect
from deskhand.store.connection import Connection
from deskhand.store.examples import ImportedTicket
from deskhand.uuid7 import uuid7
from embedded import tokens
from functions.escalate.handler import handler as escalate
from functions.notify.handler import handler as notify
from functions.publish_metrics.handler import handler as publish_metrics
from functions.write_exports.handler import handler as write_exports
from tests import arrange, attributed, journeys
from tests.functions.accounts.people import login, person
from tests.functions.conftest import BUCKET
from tests.functions.duplicates import alike
from tests.functions.gateway import call
from tests.store.model_call import CALL

# A word that nobody else writes.
MARK = "zebrafinch"
ADDRESS = f"{MARK}@example.com"
_FINE = Effect(
    provider="openai", model="m", failed=False, probing=False, breaker_calls=5, window_seconds=60,
    request_seconds=0, token_seconds=0, cost_usd=0, retry_seconds=0,
)  # fmt: skip


@dataclass(frozen=True)
class Known:
    """What the tests know of the person: the account, and tickets by what is special of them."""

    account_id: UUID
    tickets: dict[str, UUID]
    others: dict[str, UUID]

    @property
    def caller(self) -> str:
        return f"user:{self.account_id}"

    @property
    def marks(self) -> tuple[str, ...]:
        return MARK, str(self.account_id)


def found(conn: Connection, *marks: str) -> dict[str, list[str]]:
    """Where the marks are: the columns of all tables, whatever their types, as text or as bytes."""
    seen: dict[str, list[str]] = {}
    columns = conn.execute(
        """
        SELECT c.relname AS name, a.attname AS column FROM pg_class c JOIN pg_attribute a
        ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
        """
    ).fetchall()
    wanted = [mark.lower() for mark in marks] + [mark.encode().hex() for mark in marks]
    for each in columns:
        query = SQL(
            "SELECT {0}::text AS text FROM {1} WHERE EXISTS ("
            " SELECT FROM unnest(%(wanted)s::text[]) AS w(mark)"
            " WHERE position(mark IN lower({0}::text)) > 0)"
        ).format(Identifier(each["column"]), Identifier(each["name"]))
        rows = conn.execute(query, {"wanted": wanted}).fetchall()
        if rows:
            seen[f"{each['name']}.{each['column']}"] = [row["text"][:200] for row in rows]
    return seen


def files() -> set[str]:
    """The keys of the files in the bucket."""
    listed = boto3.client("s3").list_objects_v2(Bucket=BUCKET)
    return {each["Key"] for each in listed.get("Contents", [])}


@pytest.fixture
def known(conn: Connection, writer: None, keys: Path, catalog: None, bucket: str) -> Known:
    """The person, with tickets in every state, and with traces elsewhere."""
    admin = tokens.token(keys, "root", "admin")
    invited = call("POST", "/auth/invites", {"email": ADDRESS, "role": "agent"}, bearer=admin)
    assert invited.status == 201, invited.body
    account = person(conn, ADDRESS, "agent")
    caller = f"user:{account.id}"
    others = {"older": alike.triaged(conn, **alike.VPN)}
    told = {"customer_id": ADDRESS.upper(), "metadata": {"name": MARK}, "tags": [MARK]}
    own = {"duplicate": alike.triaged(conn, **alike.SAME, **told)}
    conn.execute(
        "UPDATE tickets SET body = body || ' ' || %(mark)s WHERE id = %(id)s",
        {"mark": MARK, "id": own["duplicate"]},
    )
    own |= _tickets_in_every_state(conn, caller, admin)
    # Linked to the person's ticket, with its triage inherited.
    others["repeat"] = alike.triaged(conn, **{**alike.OTHER, "body": alike.OTHER["body"] + " !"})
    _acts(others["older"])
    _names(conn)
    _model_calls(conn, own["solved"])
    _files(conn, caller)
    _imported(conn)
    _late(conn, own["open"])
    publish_metrics({}, None)
    return Known(account.id, own, others)


def _tickets_in_every_state(conn: Connection, caller: str, admin: str) -> dict[str, UUID]:
    own: dict[str, UUID] = {}
    text = {"subject": f"Printer of {MARK}", "body": f"It is {MARK} again: {ADDRESS}"}
    own["new"] = arrange.accepted(conn, **text, customer_id=ADDRESS)[0]
    own["begun"], run_id = _handed_in(conn, caller, **text)
    journeys.step(conn, run_id, 1, "validate_ticket")
    own["failed"], run_id = arrange.accepted(conn, **text, customer_id=ADDRESS)
    journeys.fail(conn, run_id)
    own["replayed"], run_id = arrange.accepted(conn, **text, customer_id=ADDRESS)
    journeys.fail(conn, run_id)
    journeys.replay(conn, run_id)
    own["open"] = alike.triaged(conn, **alike.OTHER, customer_id=ADDRESS, assignee=ADDRESS)
    own["own repeat"] = alike.triaged(conn, **alike.OTHER, customer_id=ADDRESS)
    for status in ("pending", "solved", "closed"):
        own[status], run_id = arrange.accepted(conn, **text, customer_id=ADDRESS)
        journeys.finish(conn, run_id)
        _patch(own[status], admin, status=status)
    own["gone"] = _handed_in(conn, caller, **text)[0]
    journeys.delete(conn, own["gone"])
    return own


def _handed_in(conn: Connection, caller: str, **text: str) -> tuple[UUID, int]:
    """A ticket for no customer, and its run."""
    wanted = replace(arrange.request(None, **text, customer_id=None), caller=caller)
    stored = intake.accept(conn, wanted)
    assert stored is not None
    return wanted.ticket_id, stored.run_id


def _patch(ticket_id: UUID, bearer: str, **changes: Any) -> None:
    answer = call(
        "PATCH", f"/tickets/{ticket_id}", changes, headers={"If-Match": "*"}, bearer=bearer
    )
    assert answer.status == 200, answer.body


def _acts(ticket_id: UUID) -> None:
    """What the person did at work: on somebody else's ticket, and as who asked for things."""
    access = str(login(ADDRESS).body["access_token"])
    login(ADDRESS, "not the password at all")
    _patch(ticket_id, access, assignee=ADDRESS)
    _patch(ticket_id, access, status="solved")
    _patch(ticket_id, access, category="Network", request_type="VPN access")
    change = {"ids": [str(ticket_id)], "change": {"assignee": ADDRESS, "tags": ["x"]}}
    bulk = call("POST", "/tickets/bulk", change, bearer=access)
    assert bulk.body["counts"]["changed"] == 1
    asked = call("POST", "/exports", {"query": f"q={MARK}", "format": "csv"}, bearer=access)
    assert asked.status == 202, asked.body
    assert write_exports({}, None)["rows"] > 0
    kept = {"customer_id": "c-77", "subject": "For a colleague", "body": "A chair"}
    sent = call("POST", "/tickets", kept, bearer=access, headers={"Idempotency-Key": "another"})
    assert sent.status == 202, sent.body


def _names(conn: Connection) -> None:
    """Somebody else watches the person's tickets."""
    person(conn, "lead@example.com", "agent")
    lead = str(login("lead@example.com").body["access_token"])
    about = {"name": "A", "query": f"customer_id={ADDRESS.replace('@', '%40')}"}
    views = [about, {"name": "B", "query": "status=open"}, {"name": "C", "query": f"q={ADDRESS}"}]
    stored = call("PUT", "/auth/me/preferences", {"views": views}, bearer=lead)
    assert stored.status == 200, stored.body


def _model_calls(conn: Connection, ticket_id: UUID) -> None:
    row = conn.execute("SELECT id FROM runs WHERE ticket_id = %(id)s", {"id": ticket_id}).fetchone()
    reply = replace(CALL, reply=f"{MARK} has a printer")
    entry = CacheEntry(bytes(32), f"{MARK} has a printer", 1)
    calls.record(Calls(conn, int(row["id"]), "classify"), reply, _FINE, entry)


def _files(conn: Connection, caller: str) -> None:
    """A report of attribution, and the findings of an audit, each with its file."""
    run_id = attributed.attributed(conn, [
        {"helpdesk_id": "1", "short_description": f"Chair of {MARK}", "requester_email": ADDRESS},
        {"helpdesk_id": "2", "short_description": "Table", "requester_email": "a@example.com"},
    ])  # fmt: skip
    report_id = uuid4()
    conn.execute(
        "INSERT INTO reports (id, run_id, object_key, sha256, bytes, rows, counts, review,"
        " started_at) VALUES (%s, %s, 'reports/1.xlsx', repeat('a', 64), 1, 2, '{}', %s, now())",
        [report_id, run_id, Jsonb([{"short_description": f"Chair of {MARK}"}])],
    )
    conn.execute(
        "INSERT INTO report_mails (id, report_id, recipient, requested_by, status, sent_at)"
        " VALUES (%s, %s, %s, %s, 'sent', now())",
        [uuid4(), report_id, ADDRESS, caller],
    )
    audit_id = uuid7()
    audits.add(conn, audit_id, caller, {}, 0.5, 1, b"rows")
    audits.claim(conn)
    audits.finish(conn, audit_id, {"gaps": [f"write to {ADDRESS}."]})
    for key in ("reports/1.xlsx", key_of(audit_id)):
        boto3.client("s3").put_object(Bucket=BUCKET, Key=key, Body=MARK.encode())


def _imported(conn: Connection) -> None:
    import_progress.lock_import(conn, "history", "user:root")
    old = [("1", f"Mouse of {ADDRESS}"), ("2", "Mouse")]
    examples.put(
        conn, "history", [ImportedTicket(i, text, "", "Network", "VPN access") for i, text in old]
    )


def _late(conn: Connection, ticket_id: UUID) -> None:
    """Its due time is over: people are told, with its title."""
    conn.execute(
        "UPDATE tickets SET escalate_at = now() - interval '1 minute' WHERE id = %(id)s",
        {"id": ticket_id},
    )
    escalate({}, None)
    notify({}, None)
