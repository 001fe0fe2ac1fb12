"""Recalculates an original's priority when its number of duplicates grows."""

from typing import Any
from uuid import UUID

from deskhand.catalog import loaded
from deskhand.store import duplicates, edits
from deskhand.store.connection import Connection
from deskhand.store.triage import Triage, set_triage
from deskhand.triage.affected_people import GROUP
from deskhand.triage.priority import PriorityDecision, recalculate


def recalculate_priority(conn: Connection, ticket_id: UUID) -> None:
    """Recalculates priority, clock and title of a locked ticket from its number of duplicates.

    A priority that people set is kept, and so is one that the number does not raise. For a ticket
    that is not triaged yet, triage counts the duplicates.
    """
    count = duplicates.cluster_size(conn, ticket_id)
    if count < GROUP:
        return
    row = edits.lock_ticket(conn, ticket_id, None)
    if row is None or row["priority"] is None or row["provenance"].get("priority") == "human":
        return
    before = PriorityDecision(priority=row["priority"], inputs=row["priority_inputs"] or [])
    decided = recalculate(before, count)
    if decided is not before:
        _store(conn, row, decided)


def set_triage_of_original(conn: Connection, ticket_id: UUID, triage: Triage) -> None:
    """`set_triage`, including duplicates that were linked during the triage."""
    set_triage(conn, ticket_id, triage)
    recalculate_priority(conn, ticket_id)


def _store(conn: Connection, row: dict[str, Any], decided: PriorityDecision) -> None:
    # Few tickets get here, and Classify starts faster without what computes a due time.
    from deskhand.sla.stored_due_time import update_due_time
    from deskhand.tickets.presentation import presentation_of, ticket_of

    after = {
        "priority": decided.priority,
        "priority_inputs": decided.inputs,
        "version": row["version"] + 1,
    }
    known = loaded.document_in_force(conn)
    shown = row["status"] != "new"
    if shown and row["provenance"].get("title") != "human":
        after["title"] = presentation_of(ticket_of(row | after), known).title
    edits.store_columns(conn, row["id"], after)
    if decided.priority == row["priority"]:
        return
    changes = {"priority": {"old": row["priority"], "new": decided.priority}}
    edits.add_event(conn, row["id"], "ticket.updated", "workflow", {"changes": changes})
    if shown:
        update_due_time(conn, row["id"], known)
