"""Links a ticket that people say is a duplicate."""

from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from deskhand.api.caller import Caller
from deskhand.api.fields import Id
from deskhand.duplicates.cluster import recalculate_priority
from deskhand.refusals import Conflict, Invalid, existing
from deskhand.store import duplicates, failed_runs, tickets
from deskhand.store.connection import Connection
from deskhand.store.duplicates import Standing
from deskhand.tickets.edit import Condition


class LinkByHand(BaseModel):
    """`PUT /tickets/{id}/duplicate`: the ticket that it repeats."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    original: Id


def link_by_hand(
    conn: Connection, ticket_id: UUID, caller: Caller, said: LinkByHand, condition: Condition
) -> dict[str, Any]:
    """The linked ticket; its own duplicates are linked to the original too.

    A link that is there already stays. Raises NotFound and Stale, Invalid for an original that
    does not exist or is younger, and Conflict for what the present state does not allow.
    """
    with conn.transaction():
        held = duplicates.lock_both(conn, ticket_id, said.original)
        ticket = existing(held.get(ticket_id), "ticket")
        condition.check(ticket.version)
        if ticket.duplicate_of != said.original:
            _check(conn, ticket, held.get(said.original))
            duplicates.link_by_hand(conn, ticket_id, said.original, caller.id)
            recalculate_priority(conn, said.original)
        return existing(tickets.get(conn, ticket_id), "ticket")


def _check(conn: Connection, ticket: Standing, original: Standing | None) -> None:
    if original is None:
        raise Invalid("there is no such ticket", "/original")
    if original.id == ticket.id:
        raise Invalid("a ticket is no duplicate of itself", "/original")
    if original.id > ticket.id:
        raise Invalid("the original must be the older ticket: link that one to this", "/original")
    if original.duplicate_of:
        detail = f"the original is a duplicate itself: link to {original.duplicate_of}"
        raise Conflict(detail, "/original")
    if original.standing == "done":
        raise Conflict(f"the original is {original.status}: it must be open", "/original")
    if ticket.duplicate_of:
        raise Conflict(f"the ticket is a duplicate of {ticket.duplicate_of}: unlink it first")
    state = failed_runs.ticket_state(conn, ticket.id) or {}
    if state["open_run"]:
        raise Conflict(f"run {state['open_run']} of the ticket is still open")
