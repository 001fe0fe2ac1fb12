"""People say that a ticket repeats nothing: it goes its own way again."""

from typing import Any
from uuid import UUID

from deskhand.api.caller import Caller
from deskhand.catalog import loaded
from deskhand.refusals import Conflict, existing
from deskhand.sla.settle import settle
from deskhand.store import duplicates, edits, recovery, tickets
from deskhand.store.connection import Connection
from deskhand.store.outbox import Message
from deskhand.store.recovery import Operator
from deskhand.tickets.edit import Condition


def unlink(
    conn: Connection, ticket_id: UUID, caller: Caller, condition: Condition, operator: Operator
) -> tuple[dict[str, Any], Message | None]:
    """The ticket on its own, and the message of its new run where its triage was its original's.

    Raises NotFound, Stale, and Conflict for a ticket that repeats nothing or whose run is open.
    """
    with conn.transaction():
        condition.check(existing(edits.hold_all(conn, ticket_id, caller.owner), "ticket"))
        message = _unlink(conn, ticket_id, operator)
        # It may be open again, and its clock with it.
        settle(conn, ticket_id, loaded.document_in_force(conn))
        return existing(tickets.get(conn, ticket_id), "ticket"), message


def _unlink(conn: Connection, ticket_id: UUID, operator: Operator) -> Message | None:
    """The message, now owed, of the run that triages the ticket itself, if it needs one."""
    state: dict[str, Any] = recovery.openness(conn, ticket_id) or {}
    if state["open_run"]:
        raise Conflict(f"run {state['open_run']} of the ticket is still open")
    was = duplicates.unlink(conn, ticket_id, operator.actor)
    if was is None:
        raise Conflict("the ticket is no duplicate")
    closed_by_people = state["status"] == "closed" and not was["closed_by_rule"]
    if was["inherited"] and not closed_by_people:
        return recovery.new_run(conn, ticket_id, operator)
    return None
