"""Tickets that tell of the same thing, brought as far as a test needs them."""

import importlib
from typing import Any
from uuid import UUID

from deskhand.store import tickets
from deskhand.store.connection import Connection
from deskhand.store.workflow import STEPS
from tests import arrange
from tests.functions.conftest import step_event

VPN = {
    "subject": "VPN drops every few minutes",
    "body": "Since Tuesday the VPN disconnects every five minutes when I work from home.",
}
# Near enough to be linked, to be suggested, and neither.
SAME = {**VPN, "body": "Since Tuesday the VPN disconnects every 5 minutes when I work from home!"}
LIKE = {
    "subject": "VPN keeps disconnecting at home",
    "body": "The VPN connection is lost every few minutes while I work from home, I already"
    " restarted my router. It began on Tuesday.",
}
OTHER = {"subject": "Second monitor", "body": "I would like to order a second monitor for my desk."}

type Run = tuple[UUID, int]


def call(name: str, run: Run, **changes: Any) -> dict[str, Any]:
    """What a step says of a run."""
    handler = importlib.import_module(f"functions.{name}.handler").handler
    answer: dict[str, Any] = handler(step_event(name, run, **changes), None)
    return answer


def detected(conn: Connection, **columns: object) -> tuple[Run, dict[str, Any]]:
    """A new ticket's run, and what DetectDuplicates says of it."""
    run = arrange.accepted(conn, **columns)
    call("validate_ticket", run)
    return run, call("detect_duplicates", run)


def triaged(conn: Connection, **columns: object) -> UUID:
    """A ticket that went all the way, whatever way that is."""
    run, verdict = detected(conn, **columns)
    go_on(run, verdict)
    return run[0]


def go_on(run: Run, verdict: dict[str, Any]) -> None:
    """The steps after DetectDuplicates, as the state machine has them."""
    linked = call("link_duplicate", run, retry_count=8) if verdict["duplicate"] else {}
    if not linked.get("inherited"):
        for step in STEPS:
            if step.tickets == "triaged":
                call(step.name, run)
    call("create_ticket", run)


def read(conn: Connection, ticket_id: UUID, owner: str | None = None) -> dict[str, Any]:
    """The ticket as its readers get it."""
    ticket = tickets.get(conn, ticket_id, owner)
    assert ticket is not None
    return ticket


def solve(conn: Connection, *ticket_ids: UUID) -> None:
    """People solved them."""
    solved = (
        "UPDATE tickets SET status = 'solved', title = coalesce(title, 'x') WHERE id = ANY (%s)"
    )
    conn.execute(solved, [list(ticket_ids)])
