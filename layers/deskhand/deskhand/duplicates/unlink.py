"""Unlinks a ticket that people say is not a duplicate."""

from typing import Any
from uuid import UUID

from deskhand.api.caller import Caller
from deskhand.catalog import loaded
from deskhand.refusals import Conflict, existing
from deskhand.sla.stored_due_time import update_due_time
from deskhand.store import duplicates, edits, failed_runs, tickets
from deskhand.store.connection import Connection
from deskhand.store.failed_runs import Operator
from deskhand.store.outbox import Message
from deskhand.tickets.edit import Condition


def unlink(
    conn: Connection, ticket_id: UUID, caller: Caller, condition: Condition, operator: Operator
) -> tuple[dict[str, Any], Message | None]:
    """The unlinked ticket, and the message of its new run if its triage was inherited.

    Raises NotFound, Stale, and Conflict for a ticket that is not a duplicate or whose run is open.
    """
    with conn.transaction():
        condition.check(
            existing(edits.lock_ticket_and_runs(conn, ticket_id, caller.owner), "ticket")
        )
        message = _unlink(conn, ticket_id, operator)
        # The ticket may be open again, so its clock may run again.
        update_due_time(conn, ticket_id, loaded.document_in_force(conn))
        return existing(tickets.get(conn, ticket_id), "ticket"), message


def _unlink(conn: Connection, ticket_id: UUID, operator: Operator) -> Message | None:
    """The message, already in the outbox, of the ticket's new run; None when it needs no run."""
    state: dict[str, Any] = failed_runs.ticket_state(conn, ticket_id) or {}
    if state["open_run"]:
        raise Conflict(f"run {state['open_run']} of the ticket is still open")
    was = duplicates.unlink(conn, ticket_id, operator.actor)
    if was is None:
        raise Conflict("the ticket is no duplicate")
    closed_by_people = state["status"] == "closed" and not was["closed_by_rule"]
    if was["inherited"] and not closed_by_people:
        return failed_runs.open_run(conn, ticket_id, operator)
    return None
