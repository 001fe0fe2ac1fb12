"""The conversation about a ticket: who may write what, and what follows from it."""

import re
from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from deskhand.api.caller import Caller
from deskhand.api.fields import not_blank, whole
from deskhand.api.query import MAX_ID, Limit, digits
from deskhand.catalog import loaded
from deskhand.refusals import Conflict, Invalid, existing
from deskhand.safety.secrets.hiding import hide
from deskhand.sla.stored_due_time import update_due_time
from deskhand.store import edits, messages
from deskhand.store.connection import Connection
from deskhand.ticket import MessageKind
from deskhand.tickets.edit import Change, Condition, Editor, apply_change
from deskhand.tickets.reading import Reading

# A page of a hundred of them still fits into an answer of Lambda, which takes 6 MB.
MAX_MESSAGE = 10_000
WRITES: Mapping[str, tuple[MessageKind, ...]] = {
    "admin": ("reply", "note"),
    "agent": ("reply", "note"),
    "customer": ("answer",),
    "service": ("answer",),
}
# An answer means that it is not over, or that nobody waits for the requester any more.
_REOPENED = ("pending", "solved")
_SOURCE = re.compile(r" ?\[\d{1,3}\]", re.ASCII)


class NewMessage(BaseModel):
    """`POST /tickets/{id}/messages`."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    kind: MessageKind = Field(
        description="`reply` to the requester and `note` among the staff: agents and"
        " administrators. `answer` of the requester: customers, and services for them"
    )
    body: Annotated[str, StringConstraints(max_length=MAX_MESSAGE), AfterValidator(not_blank)]
    draft: Annotated[int, Field(ge=1, le=MAX_ID), BeforeValidator(whole)] | None = Field(
        None, description="`run_id` of the draft that a reply was made from; it is used up"
    )


class MessagesQuery(Reading):
    """The query parameters of `GET /tickets/{id}/messages`."""

    after: Annotated[int, Field(ge=0, le=MAX_ID), BeforeValidator(digits)] = Field(
        0, description="The id of the last message that is known: only later ones are answered"
    )
    limit: Limit = 100


def add_message(
    conn: Connection, ticket_id: UUID, caller: Caller, said: NewMessage
) -> dict[str, Any]:
    """Stores a message with its event; returns its id, kind and time.

    A reply is a response to the requester. An answer opens a ticket again that is pending or
    solved. Raises NotFound, Invalid for a kind that the caller does not write, and Conflict on a
    closed ticket, or for a draft that is not the ticket's.
    """
    with conn.transaction():
        before = existing(edits.lock_ticket(conn, ticket_id, caller.owner), "ticket")
        _check_kind(caller, said)
        if before["status"] == "closed" and said.kind != "note":
            raise Conflict("the ticket is closed: hand in a new one, or write a note")
        if said.draft is not None:
            _use_draft(conn, before, caller, said)
        made = existing(messages.add(conn, ticket_id, said.kind, caller.id, said.body), "ticket")
        kind = f"message.{said.kind}"
        edits.add_event(conn, ticket_id, kind, caller.id, {"message": made["id"]})
        if said.kind == "reply" and before["status"] != "new":
            update_due_time(
                conn, ticket_id, loaded.document_in_force(conn), alone=said.draft is None
            )
        if said.kind == "answer" and before["status"] in _REOPENED:
            apply_change(conn, before, Change(status="open"), Editor(caller.id))
        return made


def discard_draft(conn: Connection, ticket_id: UUID, caller: Caller, condition: Condition) -> None:
    """Removes the proposed reply; raises NotFound where there is none, and Stale."""
    with conn.transaction():
        before = existing(edits.lock_ticket(conn, ticket_id, caller.owner), "ticket")
        condition.check(before["version"])
        draft = existing(before["draft"], "draft")
        _remove_draft(conn, before)
        edits.add_event(conn, ticket_id, "draft.discarded", caller.id, {"run": draft["run_id"]})


def _check_kind(caller: Caller, said: NewMessage) -> None:
    may = WRITES[caller.role]
    if said.kind not in may:
        raise Invalid(f"must be {' or '.join(may)} for the role {caller.role}", "/kind")
    if said.draft is not None and said.kind != "reply":
        raise Invalid("only a reply is made from a draft", "/draft")


def _use_draft(conn: Connection, before: dict[str, Any], caller: Caller, said: NewMessage) -> None:
    draft = before["draft"] or {}
    if draft.get("run_id") != said.draft:
        raise Conflict("the ticket has no such draft any more; read it again", "/draft")
    _remove_draft(conn, before)
    # People read the draft with its secrets hidden.
    edited = _unnumbered(said.body) != _unnumbered(hide(draft["text"]))
    sent = {"run": said.draft, "edited": edited}
    edits.add_event(conn, before["id"], "draft.sent", caller.id, sent)


def _unnumbered(text: str) -> str:
    """The text without the numbers of its sources, which say nothing to the requester."""
    return _SOURCE.sub("", text)


def _remove_draft(conn: Connection, before: dict[str, Any]) -> None:
    columns = {"draft": None, "version": before["version"] + 1}
    edits.store_columns(conn, before["id"], columns)
