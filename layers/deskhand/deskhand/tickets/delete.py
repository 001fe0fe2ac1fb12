"""Deletes a ticket completely; its duplicates become independent tickets."""

from uuid import UUID

from deskhand.api.caller import Caller
from deskhand.refusals import existing
from deskhand.store import deletion, edits, failed_runs
from deskhand.store.connection import Connection
from deskhand.store.failed_runs import Operator
from deskhand.tickets.edit import Condition


def delete_ticket(
    conn: Connection, ticket_id: UUID, caller: Caller, condition: Condition, request_id: str
) -> None:
    """Deletes the ticket and all that belongs to it; raises NotFound or Stale.

    Duplicates that inherited its triage get a new run, which the relay sends.
    """
    with conn.transaction():
        condition.check(
            existing(edits.lock_ticket_and_runs(conn, ticket_id, caller.owner), "ticket")
        )
        orphans = deletion.delete_ticket(conn, ticket_id, caller.id, request_id)
        failed_runs.open_runs(conn, orphans, Operator(caller.id, request_id))
