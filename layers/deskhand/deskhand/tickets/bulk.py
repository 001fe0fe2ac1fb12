"""Changes many tickets at once, each like a single edit."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from deskhand.api.fields import Id, whole
from deskhand.api.json_document import pointer
from deskhand.api.list_query import ListQuery, selected_by
from deskhand.api.render import render
from deskhand.refusals import Conflict, Invalid, Refusal, existing
from deskhand.store import bulks, edits
from deskhand.store.audit_rows import add_audit_row
from deskhand.store.bulks import Changed
from deskhand.store.connection import Connection
from deskhand.store.failed_runs import Operator
from deskhand.tickets.edit import Change, Editor, Plan, apply_change
from deskhand.uuid7 import uuid7

MAX_IDS = 100
# A list may be longer than what a person selects by hand, but all its tickets are locked at once.
MAX_SELECTED = 250

type Result = Literal["changed", "undone", "unchanged", "stale", "refused", "missing"]
RESULTS: tuple[Result, ...] = ("changed", "unchanged", "stale", "refused", "missing")
Number = Annotated[int, Field(ge=1), BeforeValidator(whole)]


class Bulk(BaseModel):
    """`POST /tickets/bulk`: which tickets, and what to change of each."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    ids: Annotated[list[Id], Field(min_length=1, max_length=MAX_IDS)] | None = None
    query: ListQuery | None = Field(
        None, description="Instead of `ids`: the query string of `GET /tickets`"
    )
    expected_count: Annotated[int, Field(ge=0), BeforeValidator(whole)] | None = Field(
        None, description="With `query`: how many tickets it must select; a dry run needs none"
    )
    change: Change
    versions: dict[str, Number] = Field(
        {}, description="Versions that were read before, by the ids of tickets"
    )
    dry_run: bool = Field(False, description="Only says what would change")

    def check(self) -> None:
        """Raises Invalid for members that are missing or do not belong together."""
        if (self.ids is None) == (self.query is None):
            raise Invalid("send either ids or query", "/ids", "/query")
        if self.query is not None and self.expected_count is None and not self.dry_run:
            raise Invalid("is needed with query", "/expected_count")
        if self.query is None and self.expected_count is not None:
            raise Invalid("belongs to query", "/expected_count")
        if unknown := self.versions.keys() - set(map(str, self.ids or ())):
            raise Invalid(
                "names no ticket of ids", *(pointer("versions", each) for each in unknown)
            )
        if not self.change.given:
            raise Invalid("send at least one field to change", "/change")


@dataclass(frozen=True)
class Item:
    """What became of one ticket, and why; `fields` are those that changed."""

    ticket_id: UUID
    result: Result
    version: int | None = None
    fields: Sequence[str] = ()
    reason: str | None = None


def change_tickets(conn: Connection, bulk: Bulk, operator: Operator) -> dict[str, Any]:
    """What became of each ticket, in the order of the request; all in one transaction.

    A dry run does the same and rolls it back. Raises Invalid, or Conflict when the query selects
    another number of tickets than expected.
    """
    bulk.check()
    bulk_id = uuid7()
    with conn.transaction(force_rollback=bulk.dry_run):
        wanted = _wanted(conn, bulk)
        found = set(bulks.lock_tickets(conn, wanted))
        editor = Editor(operator.actor, bulk_id)
        # By id, so that events have the order of locks.
        changed = {each: _change_one(conn, each, bulk, editor) for each in sorted(found)}
        outcomes = [changed.get(each, (missing(each), None)) for each in wanted]
        written = [record for _, record in outcomes if record]
        items = [item for item, _ in outcomes]
        if written:
            bulks.add(conn, bulk_id, operator.actor, bulk.change.given, written)
            data = {"bulk_id": str(bulk_id), "tickets": len(written)}
            add_audit_row(conn, "tickets.changed", operator.actor, operator.request_id, data)
    kept = bulk_id if written and not bulk.dry_run else None
    return {"bulk_id": kept, "dry_run": bulk.dry_run, **summary(items, RESULTS)}


def summary(items: Sequence[Item], results: Sequence[Result]) -> dict[str, Any]:
    """What became of the tickets: how many had each of the results, and each ticket."""
    counts = dict.fromkeys(results, 0) | Counter(item.result for item in items)
    return {"counts": counts, "results": [asdict(item) for item in items]}


def _wanted(conn: Connection, bulk: Bulk) -> list[UUID]:
    """The ids of the request, each once; or those that its query selects, now locked."""
    if bulk.query is None:
        return list(dict.fromkeys(bulk.ids or ()))
    found = bulks.lock_selected(conn, selected_by(bulk.query), MAX_SELECTED + 1)
    if len(found) > MAX_SELECTED:
        raise Invalid(f"selects more than {MAX_SELECTED} tickets", "/query")
    if bulk.expected_count not in (None, len(found)):
        raise Conflict(f"the query selects {len(found)} tickets by now", "/expected_count")
    return found


def _change_one(
    conn: Connection, ticket_id: UUID, bulk: Bulk, editor: Editor
) -> tuple[Item, Changed | None]:
    before = existing(edits.lock_ticket(conn, ticket_id, None), "ticket")
    version = before["version"]
    if bulk.versions.get(str(ticket_id), version) != version:
        return Item(ticket_id, "stale", version, reason=f"it is at version {version} by now"), None
    try:
        planned = apply_change(conn, before, bulk.change, editor)
    except Refusal as refusal:
        # Raised before anything of this ticket is written.
        return Item(ticket_id, "refused", version, reason=refusal.detail), None
    if not planned.has_effect:
        return Item(ticket_id, "unchanged", version), None
    item = Item(ticket_id, "changed", planned.after["version"], _fields(planned))
    return item, Changed(ticket_id, _written(before, planned), _written(planned.after, planned))


def _fields(planned: Plan) -> list[str]:
    return sorted({*planned.changes, *planned.confirmed, *planned.computed})


def _written(row: dict[str, Any], planned: Plan) -> dict[str, Any]:
    return as_json({name: row[name] for name in planned.columns})


def as_json(values: dict[str, Any]) -> dict[str, Any]:
    """Values of columns as JSON has them."""
    plain: dict[str, Any] = json.loads(render(values))
    return plain


def missing(ticket_id: UUID) -> Item:
    """The outcome for a ticket that does not exist."""
    return Item(ticket_id, "missing", reason="there is no such ticket")
