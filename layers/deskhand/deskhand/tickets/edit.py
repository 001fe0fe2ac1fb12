"""Edits of a ticket by people: allowed fields, conditions and consequences."""

import json
from dataclasses import asdict, dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from deskhand.api.caller import Caller
from deskhand.api.etag import Tags
from deskhand.api.fields import Body, Label, Metadata, Subject, whole
from deskhand.api.fields import Tags as Labels
from deskhand.api.json_document import canonical
from deskhand.api.render import render
from deskhand.catalog import loaded
from deskhand.catalog.model import Catalog
from deskhand.refusals import Conflict, Invalid, Stale, existing
from deskhand.safety.secrets.hiding import searchable_text
from deskhand.safety.secrets.restoring import NotRestorable, restore
from deskhand.sla.stored_due_time import update_due_time
from deskhand.store import corrections, duplicates, edits, examples, search, tickets
from deskhand.store.connection import Connection
from deskhand.tickets.presentation import presentation_of, ticket_of

MOVES: dict[str, tuple[str, ...]] = {
    "new": ("open", "pending", "hold", "solved", "closed"),
    "open": ("pending", "hold", "solved", "closed"),
    "pending": ("open", "hold", "solved", "closed"),
    "hold": ("open", "pending", "solved", "closed"),
    "solved": ("open", "closed"),
    "closed": (),
}
_PAIR = ("category", "request_type")
_TEXT = {"subject", "body"}
# Fields that triage sets: a person who sends one vouches for it, even unchanged, so triage keeps
# it.
_TRIAGED = {*_PAIR, "priority", "needs_review"}
_MARKED = {*_TRIAGED, "status", "assignee"}
# The fields on which title, route and clock depend.
_RULED = {*_PAIR, "priority", "subject", "status"}
# The first assignment may be the first response, which the clock measures.
CLOCKED = {*_RULED, "assignee"}
# What is kept about every edit.
KEPT = ("priority_inputs", "provenance", "text_version", "version")
# Neither null nor a default that the schema shows: an omitted field is not changed.
_UNSENT: Any = Field(default_factory=lambda: None)


class Change(BaseModel):
    """The fields that people change, of one ticket or of many at once."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    status: Literal["new", "open", "pending", "hold", "solved", "closed"] = _UNSENT
    priority: Literal["low", "medium", "high", "critical"] = _UNSENT
    category: Label = _UNSENT
    request_type: Label = _UNSENT
    assignee: Label | None = _UNSENT
    department: Label | None = _UNSENT
    tags: Labels = _UNSENT
    needs_review: bool = _UNSENT

    @property
    def given(self) -> dict[str, Any]:
        """The fields that were sent, without `version`."""
        return self.model_dump(exclude={"version"}, exclude_unset=True)


class Edit(Change):
    """`PATCH /tickets/{id}`: the fields to change, and the version that was read before."""

    subject: Subject = _UNSENT
    body: Body = _UNSENT
    metadata: Metadata = _UNSENT
    version: Annotated[int, Field(ge=1), BeforeValidator(whole)] = _UNSENT


@dataclass(frozen=True)
class Editor:
    """Who edits, and the id of the bulk change that the edit is part of."""

    id: str
    bulk_id: UUID | None = None

    @property
    def mark(self) -> dict[str, Any]:
        """What the events of the edit say about it."""
        return {"bulk_id": str(self.bulk_id)} if self.bulk_id else {}


@dataclass(frozen=True)
class Condition:
    """The version that a request expects, by If-Match or by `version`; None: not sent."""

    tags: Tags | None = None
    version: int | None = None

    def check(self, current: int) -> None:
        """Raises Stale for an old If-Match, Conflict for an old `version`."""
        detail = f"the ticket is at version {current} by now; read it again"
        if self.tags is not None and not self.tags.match(current):
            raise Stale(detail, current)
        if self.version not in (None, current):
            raise Conflict(detail, "/version")


@dataclass(frozen=True)
class Plan:
    """The result of an edit.

    `after`: the whole row. `changes`: what the person changed. `confirmed`: triaged fields that the
    person sent unchanged. `computed`: what rules derive from the changes.
    """

    after: dict[str, Any]
    changes: dict[str, dict[str, Any]]
    confirmed: list[str]
    computed: dict[str, dict[str, Any]]

    @property
    def has_effect(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.changes or self.confirmed or self.computed)

    @property
    def columns(self) -> dict[str, Any]:
        """What is to be written: every value that changes, and what is kept about it."""
        return {name: self.after[name] for name in (*self.changes, *self.computed, *KEPT)}


def edit_ticket(
    conn: Connection, ticket_id: UUID, caller: Caller, edit: Edit, condition: Condition
) -> dict[str, Any]:
    """Applies the edit completely or not at all; returns the whole ticket.

    Raises NotFound, Stale or Conflict by the condition, Conflict and Invalid by `plan`.
    """
    with conn.transaction():
        before = existing(edits.lock_ticket(conn, ticket_id, caller.owner), "ticket")
        condition.check(before["version"])
        apply_change(conn, before, edit, Editor(caller.id))
        return existing(tickets.get(conn, ticket_id), "ticket")


def apply_change(conn: Connection, before: dict[str, Any], change: Change, editor: Editor) -> Plan:
    """Applies the change to a ticket that the caller's transaction has locked, as `before`.

    Raises Conflict and Invalid by `plan`, before anything is written.
    """
    ticket_id, given = before["id"], change.given
    known = loaded.document_in_force(conn) if given.keys() & CLOCKED else None
    cluster = duplicates.cluster_size(conn, ticket_id) if given.keys() & set(_PAIR) else 1
    planned = plan(before, given, known, cluster)
    if planned.has_effect:
        edits.store_columns(conn, ticket_id, planned.columns)
    if planned.changes.keys() & _TEXT:
        search.store_words(conn, ticket_id, searchable_text(planned.after))
    for kind, data in _events(planned):
        edits.add_event(conn, ticket_id, kind, editor.id, {**data, **editor.mark})
    if planned.changes.keys() & CLOCKED and planned.after["status"] != "new":
        update_due_time(conn, ticket_id, known)
    _learn(conn, ticket_id, given, planned, editor)
    return planned


def _learn(
    conn: Connection, ticket_id: UUID, given: dict[str, Any], planned: Plan, editor: Editor
) -> None:
    """An edit of the pair is an example for triage; a changed text is embedded again."""
    pair = planned.after["category"], planned.after["request_type"]
    if given.keys() & set(_PAIR) and all(pair):
        said = corrections.Said(editor.id, *pair, given.get("priority"), editor.bulk_id)
        corrections.record(conn, ticket_id, said)
        examples.learn_from(conn, ticket_id, *pair)
    if planned.changes.keys() & _TEXT:
        examples.forget_vector(conn, ticket_id)


def plan(
    before: dict[str, Any], given: dict[str, Any], known: Catalog | None, cluster: int
) -> Plan:
    """The effect of an edit on a row of `tickets`; `cluster` is the number of tickets about the
    same problem.

    Raises Conflict for a status transition that is not allowed, Invalid for a pair that is not in
    the catalog.
    """
    _check_move(before["status"], given.get("status", before["status"]))
    given = {name: _restored(before, name, value) for name, value in given.items()}
    given = {**given, **_pair(before, given, known)}
    changes = _differences(before, given)
    vouched = given.keys() & _TRIAGED | changes.keys() & _MARKED
    human = before["provenance"] | dict.fromkeys(vouched, "human")
    after = {**before, **given, "provenance": human}
    if "priority" in given and changes.keys() & {*_PAIR, "priority"}:
        after["priority_inputs"] = [{"name": "human", "priority": after["priority"]}]
    ruled = _ruled(after, given, changes, known, cluster)
    computed = _differences(before, ruled)
    after |= ruled | {
        "provenance": human | dict.fromkeys(ruled.keys() - {"priority_inputs"}, "rule"),
        "text_version": before["text_version"] + bool(changes.keys() & _TEXT),
        "version": before["version"] + bool(changes or computed),
    }
    confirmed = {name for name in vouched if before["provenance"].get(name) != "human"}
    return Plan(after, changes, sorted(confirmed - changes.keys()), computed)


def _restored(before: dict[str, Any], name: str, value: Any) -> Any:
    """The value with the secrets that were hidden when it was read; raises Invalid."""
    try:
        return restore(before.get(name), value)
    except NotRestorable:
        detail = "has bullets where no secret of the stored text was; read it with reveal=secrets"
        raise Invalid(detail, f"/{name}") from None


def _check_move(now: str, wanted: str) -> None:
    if wanted == now or wanted in MOVES[now]:
        return
    can = f"can become {', '.join(MOVES[now])}" if MOVES[now] else "stays closed"
    raise Conflict(f"a ticket that is {now} {can}", "/status")


def _pair(before: dict[str, Any], given: dict[str, Any], known: Catalog | None) -> dict[str, Any]:
    """Category and request type as the catalog spells them, when the edit names one of them."""
    named = [name for name in _PAIR if name in given]
    stored = tuple(before[name] for name in _PAIR)
    category, request_type = (given.get(name, before[name]) for name in _PAIR)
    if not named or (category, request_type) == stored:
        return dict(zip(_PAIR, stored, strict=True)) if named else {}
    entry = known.find(category or "", request_type or "") if known else None
    if entry is None:
        detail = "category and request_type must be a pair of the service catalog in force"
        raise Invalid(detail, *(f"/{name}" for name in named))
    return {"category": entry.category.name, "request_type": entry.request.name}


def _ruled(
    after: dict[str, Any],
    given: dict[str, Any],
    changes: dict[str, Any],
    known: Catalog | None,
    cluster: int,
) -> dict[str, Any]:
    """The values that follow from the edit by rule, except those that people set."""
    human = {name for name, who in after["provenance"].items() if who == "human"}
    made: dict[str, Any] = {}
    if changes.keys() & set(_PAIR) and "priority" not in human:
        made |= _priority(after, known, cluster)
    # A choice made by people needs no review.
    if given.keys() & set(_PAIR) and after["needs_review"]:
        made["needs_review"] = False
    if changes.keys() & _RULED and after["status"] != "new":
        made |= asdict(presentation_of(ticket_of(after | made), known))
    return {name: value for name, value in made.items() if name not in human}


def _priority(after: dict[str, Any], known: Catalog | None, cluster: int) -> dict[str, Any]:
    # Imported here: few edits need its patterns, which take long to compile.
    from deskhand.triage.reconsider import reconsider

    entry = known.find(after["category"], after["request_type"]) if known else None
    if entry is None:
        return {}
    decided = reconsider(after, entry.request, cluster)
    return {"priority": decided.priority, "priority_inputs": decided.inputs}


def _differences(before: dict[str, Any], values: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Old and new of each value that differs as JSON, where true is not 1."""
    pairs = {
        name: json.loads(render({"old": before[name], "new": value}))
        for name, value in values.items()
    }
    return {
        name: pair
        for name, pair in pairs.items()
        if canonical(pair["old"]) != canonical(pair["new"])
    }


def _events(planned: Plan) -> list[tuple[str, dict[str, Any]]]:
    """A status change is an event of its own, as triage writes it."""
    changes = {name: pair for name, pair in planned.changes.items() if name != "status"}
    made: list[tuple[str, dict[str, Any]]] = []
    if changes or planned.confirmed or "needs_review" in planned.computed:
        more = {"confirmed": planned.confirmed, "computed": planned.computed}
        data = {"changes": changes, **{name: value for name, value in more.items() if value}}
        made.append(("ticket.updated", data))
    if "status" in planned.changes:
        made.append(("ticket.status", planned.changes["status"]))
    return made
