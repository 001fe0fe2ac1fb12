"""Recalculates an original's priority when its number of duplicates grows."""

from typing import Any
from uuid import UUID

from deskhand.catalog import loaded
from deskhand.store import duplicates, edits
from deskhand.store.connection import Connection
from deskhand.store.triage import Triage, set_triage
from deskhand.triage.counting import GROUP
from deskhand.triage.priority import PriorityDecision, recounted


def recount(conn: Connection, ticket_id: UUID) -> None:
    """Recalculates priority, clock and title of a locked ticket from its number of duplicates.

    A priority that people set is kept, and so is one that the number does not raise. For a ticket
    that is not triaged yet, triage counts the duplicates.
    """
    count = duplicates.cluster(conn, ticket_id)
    if count < GROUP:
        return
    row = edits.hold(conn, ticket_id, None)
    if row is None or row["priority"] is None or row["provenance"].get("priority") == "human":
        return
    before = PriorityDecision(priority=row["priority"], inputs=row["priority_inputs"] or [])
    decided = recounted(before, count)
    if decided is not before:
        _store(conn, row, decided)


def set_counted(conn: Connection, ticket_id: UUID, triage: Triage) -> None:
    """`set_triage`, including duplicates that were linked during the triage."""
    set_triage(conn, ticket_id, triage)
    recount(conn, ticket_id)


def _store(conn: Connection, row: dict[str, Any], decided: PriorityDecision) -> None:
    # Few tickets get here, and Classify starts faster without what settles a due time.
    from deskhand.sla.settle import settle
    from deskhand.tickets.presentation import present, ticket_of

    after = {
        "priority": decided.priority,
        "priority_inputs": decided.inputs,
        "version": row["version"] + 1,
    }
    known = loaded.document_in_force(conn)
    shown = row["status"] != "new"
    if shown and row["provenance"].get("title") != "human":
        after["title"] = present(ticket_of(row | after), known).title
    edits.store(conn, row["id"], after)
    if decided.priority == row["priority"]:
        return
    changes = {"priority": {"old": row["priority"], "new": decided.priority}}
    edits.note(conn, row["id"], "ticket.updated", "workflow", {"changes": changes})
    if shown:
        settle(conn, row["id"], known)
