"""Deletes a ticket completely; its duplicates become independent tickets."""

from uuid import UUID

from deskhand.api.caller import Caller
from deskhand.refusals import existing
from deskhand.store import edits, recovery
from deskhand.store.connection import Connection
from deskhand.store.recovery import Operator
from deskhand.tickets.edit import Condition


def remove(
    conn: Connection, ticket_id: UUID, caller: Caller, condition: Condition, request_id: str
) -> None:
    """Deletes the ticket and all that belongs to it; raises NotFound or Stale.

    Duplicates that inherited its triage get a new run, which the relay sends.
    """
    with conn.transaction():
        condition.check(existing(edits.hold_all(conn, ticket_id, caller.owner), "ticket"))
        orphans = edits.delete(conn, ticket_id, caller.id, request_id)
        recovery.new_runs(conn, orphans, Operator(caller.id, request_id))
