"""Takes a bulk change back, ticket by ticket, where nothing has changed since."""

from typing import Any
from uuid import UUID

from deskhand.catalog import loaded
from deskhand.catalog.model import Catalog
from deskhand.refusals import Conflict, existing
from deskhand.sla.stored_due_time import update_due_time
from deskhand.store import bulks, corrections, edits, examples
from deskhand.store.audit_rows import add_audit_row
from deskhand.store.bulks import Changed
from deskhand.store.connection import Connection
from deskhand.store.failed_runs import Operator
from deskhand.tickets.bulk import Item, Result, as_json, missing, summary
from deskhand.tickets.edit import CLOCKED, KEPT, Editor

POSSIBLE_DAYS = bulks.KEPT_DAYS
RESULTS: tuple[Result, ...] = ("undone", "stale", "refused", "missing")


def undo(conn: Connection, bulk_id: UUID, operator: Operator) -> dict[str, Any]:
    """What became of each ticket that the bulk change had changed; all in one transaction.

    Raises NotFound for an unknown change, or one too old, and Conflict for the second undo.
    """
    with conn.transaction():
        bulk = existing(bulks.lock(conn, bulk_id), "bulk change")
        if bulk["undone_at"]:
            raise Conflict(f"{bulk['undone_by']} has undone it at {bulk['undone_at']:%FT%TZ}")
        bulks.lock_tickets(conn, bulk["ticket_ids"])
        changed = bulks.items(conn, bulk_id)
        known = loaded.document_in_force(conn)
        editor = Editor(operator.actor, bulk_id)
        done = {each: _undo_one(conn, changed[each], editor, known) for each in sorted(changed)}
        items = [done.get(each, missing(each)) for each in bulk["ticket_ids"]]
        bulks.set_undone(conn, bulk_id, operator.actor)
        undone = sum(item.result == "undone" for item in items)
        data = {"bulk_id": str(bulk_id), "tickets": undone}
        add_audit_row(conn, "tickets.restored", operator.actor, operator.request_id, data)
    return {"bulk_id": bulk_id, **summary(items, RESULTS)}


def _undo_one(conn: Connection, item: Changed, editor: Editor, known: Catalog | None) -> Item:
    row = existing(edits.lock_ticket(conn, item.ticket_id, None), "ticket")
    if as_json({name: row[name] for name in item.after}) != item.after:
        return Item(item.ticket_id, "stale", row["version"], reason="it has changed since")
    fields = sorted(
        name for name in item.after.keys() - KEPT if item.before[name] != item.after[name]
    )
    if "status" in fields and item.before["status"] == "new":
        detail = "it was new, and no ticket becomes new again"
        return Item(item.ticket_id, "refused", row["version"], reason=detail)
    version = row["version"] + (item.before["version"] != item.after["version"])
    edits.store_columns(conn, item.ticket_id, {**item.before, "version": version})
    for kind, data in _events(item, fields):
        edits.add_event(conn, item.ticket_id, kind, editor.id, {**data, **editor.mark})
    if CLOCKED.intersection(fields) and row["status"] != "new":
        update_due_time(conn, item.ticket_id, known)
    _unlearn(conn, item.ticket_id, editor)
    return Item(item.ticket_id, "undone", version, fields)


def _events(item: Changed, fields: list[str]) -> list[tuple[str, dict[str, Any]]]:
    """As those of an edit, with old and new exchanged."""
    pairs = {name: {"old": item.after[name], "new": item.before[name]} for name in fields}
    status = pairs.pop("status", None)
    made: list[tuple[str, dict[str, Any]]] = []
    if pairs or not status:
        made.append(("ticket.updated", {"changes": pairs, "undone": True}))
    if status:
        made.append(("ticket.status", {**status, "undone": True}))
    return made


def _unlearn(conn: Connection, ticket_id: UUID, editor: Editor) -> None:
    """What was said in the bulk change teaches no longer; what was said besides still does."""
    if editor.bulk_id is None or not corrections.forget(conn, ticket_id, editor.bulk_id):
        return
    said = corrections.latest(conn, ticket_id)
    if said:
        examples.learn_from(conn, ticket_id, said["category"], said["request_type"])
    else:
        examples.unlearn(conn, ticket_id)
