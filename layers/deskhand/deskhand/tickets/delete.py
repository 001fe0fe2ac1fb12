"""People delete a ticket: nothing is left of it, and what repeated it goes its own way again."""

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

    What had its triage gets a run of its own, which the relay sends.
    """
    with conn.transaction():
        condition.check(existing(edits.hold_all(conn, ticket_id, caller.owner), "ticket"))
        orphans = edits.delete(conn, ticket_id, caller.id, request_id)
        recovery.new_runs(conn, orphans, Operator(caller.id, request_id))
