"""What is stored about a person beside their tickets, and how each part of it is erased.

A part's condition is false once the part is erased. So a dry run counts what the erasure would
change, and to erase again changes nothing. `names` and `callers` are in lower case; `mentions` are
patterns of addresses.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg.sql import SQL, Identifier
from psycopg.types.json import Jsonb

from deskhand.store import classifiers, deletion, edits, examples, failed_runs
from deskhand.store.connection import Connection, patient
from deskhand.store.failed_runs import Operator

ACTOR = "erasure"
# What stands in the place of a name where the row must stay.
ERASED = "erased"
# A part reads one table, which may be large.
_SECONDS = 60
_TICKETS = 100
# One ticket, with all its events.
_TICKET_SECONDS = 20

type Marks = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """Rows of one table: those `where` holds are deleted, or get the values of `put`."""

    name: str
    table: LiteralString
    where: LiteralString
    put: LiteralString = ""


def _renamed(table: LiteralString, column: LiteralString) -> Part:
    """The rows that name the person as the one who did something."""
    return Part(
        f"{table}.{column}",
        table,
        "lower(" + column + ") = ANY (%(callers)s)",
        column + " = 'erased'",
    )


# A ticket is a person's when they are its customer, or handed it in for nobody else.
_OWN: LiteralString = """
    (lower(customer_id) = ANY (%(names)s)
     OR (customer_id IS NULL AND lower(caller) = ANY (%(callers)s)))
"""
# Columns that hold a caller; a test compares them with the schema.
CALLERS: tuple[tuple[LiteralString, LiteralString], ...] = (
    ("corrections", "actor"),
    ("messages", "written_by"),
    ("imports", "actor"),
    ("audits", "actor"),
    ("exports", "requested_by"),
    ("report_mails", "requested_by"),
    ("attribution_runs", "started_by"),
    ("service_tokens", "created_by"),
)
REQUESTS = Part(
    "attribution_requests",
    "attribution_requests",
    "lower(requester_email) = ANY (%(names)s)"
    " OR concat_ws(' ', short_description, long_description) ~* ANY (%(mentions)s)",
    "requester_email = NULL, short_description = 'erased', long_description = NULL,"
    " evidence = '[]'",
)
PARTS = (
    Part("idempotency_keys", "idempotency_keys",
         "lower(caller) = ANY (%(callers)s)"
         " OR (ticket_id IS NULL AND answer ~* ANY (%(mentions)s))"),
    Part("request_paces", "request_paces", "lower(caller) = ANY (%(callers)s)"),
    Part("invites", "invites", "email = ANY (%(names)s)"),
    # Of tickets that they handed in for somebody else.
    Part("tickets.caller", "tickets",
         "customer_id IS NOT NULL AND lower(customer_id) <> ALL (%(names)s)"
         " AND lower(caller) = ANY (%(callers)s)", "caller = 'erased', version = version + 1"),
    *(_renamed(*each) for each in CALLERS),
    Part("tickets.assignee", "tickets", "lower(assignee) = ANY (%(names)s)",
         "assignee = 'erased', version = version + 1"),
    # Without it the change can no longer be undone; its tickets stay as they are.
    Part("bulks", "bulks",
         "lower(actor) = ANY (%(callers)s) OR lower(undone_by) = ANY (%(callers)s)"
         " OR lower(change ->> 'assignee') = ANY (%(names)s)"
         " OR id IN (SELECT bulk_id FROM bulk_items"
         " WHERE lower(before ->> 'assignee') = ANY (%(names)s))"),
    # Lists about the person that others named; in a query string an @ may be escaped.
    Part("accounts.preferences", "accounts",
         "replace(preferences::text, '%%40', '@') ~* ANY (%(mentions)s)",
         "preferences = jsonb_set(preferences, '{views}', (SELECT coalesce(jsonb_agg(v), '[]')"
         " FROM jsonb_array_elements(preferences -> 'views') AS v"
         " WHERE NOT replace(v::text, '%%40', '@') ~* ANY (%(mentions)s)))"),
    # Trails come before this: then no figure of the person counts anything any more.
    Part("daily_figures", "daily_figures", "n = 0 AND lower(part) = ANY (%(callers)s)"),
    # An unsent notice is still owed; the catalog in force names its recipient.
    Part("notices", "notices",
         "sent_at IS NOT NULL AND recipient ~* ANY (%(mentions)s)", "recipient = 'erased'"),
    # A mail that is being sent is settled by its sender first.
    Part("report_mails", "report_mails",
         "status <> 'sending' AND lower(recipient) = ANY (%(names)s)"),
    REQUESTS,
    Part("examples", "examples",
         "source = 'import' AND (lower(external_id) = ANY (%(names)s)"
         " OR concat_ws(' ', subject, body) ~* ANY (%(mentions)s))"),
)  # fmt: skip


def accounts_of(conn: Connection, names: Sequence[str]) -> list[dict[str, Any]]:
    """Id and address of the accounts that go by one of the names."""
    return conn.execute(
        "SELECT id, email FROM accounts WHERE email = ANY (%(names)s) OR id::text = ANY (%(names)s)"
        " ORDER BY id",
        {"names": list(names)},
    ).fetchall()


def shut(conn: Connection, account_ids: Sequence[UUID]) -> None:
    """Lets nobody log in to the accounts any more; they are deleted last, so that an erasure that
    was interrupted still finds what is theirs."""
    with conn.transaction():
        conn.execute(
            "UPDATE accounts SET disabled = true WHERE id = ANY (%(ids)s) AND NOT disabled",
            {"ids": list(account_ids)},
        )
        conn.execute(
            "DELETE FROM sessions WHERE account_id = ANY (%(ids)s)", {"ids": list(account_ids)}
        )


def delete_accounts(conn: Connection, account_ids: Sequence[UUID], hashes: Sequence[bytes]) -> int:
    """Deletes the accounts, and the counters of tries at the hashed addresses; returns how many
    accounts."""
    with conn.transaction():
        conn.execute(
            "DELETE FROM login_tries WHERE account = ANY (%(hashes)s)", {"hashes": list(hashes)}
        )
        return conn.execute(
            "DELETE FROM accounts WHERE id = ANY (%(ids)s)", {"ids": list(account_ids)}
        ).rowcount


def own_tickets(conn: Connection, marks: Marks, before: UUID) -> list[UUID]:
    """The person's newest tickets with ids before that one, some hundred: duplicates come before
    their originals."""
    with patient(conn, _SECONDS):
        rows = conn.execute(
            SQL("SELECT id FROM tickets WHERE {} AND id < {} ORDER BY id DESC LIMIT {}").format(
                SQL(_OWN), before, _TICKETS
            ),
            marks,
        )
        return [row["id"] for row in rows]


def delete_ticket(conn: Connection, marks: Marks, ticket_id: UUID, request_id: str) -> bool:
    """Deletes one of the person's tickets, as if somebody had; its duplicates of other people get
    new runs.

    False when it is theirs no more, or when a run or somebody at work has just taken it.
    """
    operator = Operator(ACTOR, request_id)
    try:
        with patient(conn, _TICKET_SECONDS):
            locked = edits.lock_ticket_and_runs(conn, ticket_id, None)
            own = SQL("SELECT FROM tickets WHERE {} AND id = {}").format(SQL(_OWN), ticket_id)
            if locked is None or not conn.execute(own, marks).rowcount:
                return False
            if examples.forget_ticket(conn, ticket_id):
                classifiers.forget(conn)
            orphans = deletion.delete_ticket(conn, ticket_id, operator.actor, operator.request_id)
            failed_runs.open_runs(conn, orphans, operator)
            return True
    except psycopg.errors.LockNotAvailable:
        return False


def count(conn: Connection, marks: Marks) -> dict[str, int]:
    """The number of rows of each part that is left."""
    found = {part.name: number_of(conn, part.table, part.where, marks) for part in PARTS}
    found["tickets"] = number_of(conn, "tickets", _OWN, marks)
    return found


def number_of(conn: Connection, table: LiteralString, where: LiteralString, marks: Marks) -> int:
    """The number of rows of a table that the condition holds for."""
    query = SQL("SELECT count(*) AS n FROM {} WHERE {}").format(Identifier(table), SQL(where))
    with patient(conn, _SECONDS):
        row = conn.execute(query, marks).fetchone()
    return int(row["n"]) if row else 0


def erase(conn: Connection, part: Part, marks: Marks) -> int:
    """Erases a part; returns the number of its rows."""
    what = SQL("UPDATE {} SET {} WHERE {}") if part.put else SQL("DELETE FROM {0} WHERE {2}")
    query = what.format(Identifier(part.table), SQL(part.put), SQL(part.where))
    with patient(conn, _SECONDS):
        return conn.execute(query, marks).rowcount


def mentions(conn: Connection, marks: Marks) -> dict[str, list[str]]:
    """Where others mention an address of the person: ids of tickets, slugs of articles, versions of
    catalogs, twenty of each at most. People decide about these."""
    found = {}
    for table, (key, text) in _MENTIONED.items():
        query = SQL(
            "SELECT {}::text AS key FROM {} WHERE {} ~* ANY (%(mentions)s) ORDER BY 1 LIMIT 20"
        ).format(Identifier(key), Identifier(table), SQL(text))
        with patient(conn, _SECONDS):
            found[table] = [row["key"] for row in conn.execute(query, marks)]
    return {name: keys for name, keys in found.items() if keys}


# Each with its key, and the text that people wrote.
_MENTIONED: dict[LiteralString, tuple[LiteralString, LiteralString]] = {
    "tickets": ("id", "concat_ws(' ', subject, body, title, summary, metadata::text)"),
    "messages": ("ticket_id", "body"),
    "articles": ("slug", "concat_ws(' ', title, body)"),
    "catalogs": ("version", "document::text"),
}


def note(conn: Connection, erasure: UUID, counts: dict[str, int]) -> None:
    """Writes the audit row of an erasure: what it changed, and nothing about whom."""
    conn.execute(
        "INSERT INTO audit (action, actor, request_id, data)"
        " VALUES ('person.erased', %(actor)s, %(request_id)s, %(data)s)",
        {"actor": ACTOR, "request_id": str(erasure), "data": Jsonb(counts)},
    )
