"""A desk with people and tickets, which went through the real steps of triage."""

import importlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

from deskhand.store.connection import Connection
from deskhand.store.workflow import STEPS
from functions.import_articles.handler import handler as import_articles
from tests import arrange
from tests.functions.accounts.people import person
from tests.functions.conftest import step_event

AGENT, ADMIN, CUSTOMER = "ann.agent@example.com", "root@example.com", "carl@example.com"
_SAMPLES = Path("localstack/samples")
# Two texts of tickets: one that triage can sort, and what must never act.
VPN: dict[str, Any] = {
    "subject": "VPN drops every few minutes",
    "body": "Since Tuesday the VPN disconnects every five minutes when I work from home.",
}
HOSTILE = (
    "<script>document.title='owned'</script>",
    "<img src=x onerror=alert(1)>",
    "[a](javascript:alert(1)) javascript:alert(1)",
    "=cmd|' /C calc'!A0",
    "\u202eright to left\u202c z\u200bero",
    "👩‍👩‍👧 and " + "long " * 60,
)


def staffed(conn: Connection) -> None:
    """An agent, an administrator and a customer have accounts."""
    for email, role in ((AGENT, "agent"), (ADMIN, "admin"), (CUSTOMER, "customer")):
        person(conn, email, role)


def samples(count: int) -> Iterator[dict[str, Any]]:
    """Tickets as `make demo` posts them."""
    for line in (_SAMPLES / "tickets.jsonl").read_text().splitlines()[:count]:
        row = json.loads(line)
        if row.pop("kind") == "ticket":
            yield row


def articles() -> None:
    """The sample articles, which drafts cite."""
    paths = sorted((_SAMPLES / "articles").glob("*.md"))
    rows = [{"slug": path.stem, "body": path.read_text()} for path in paths]
    import_articles({"articles": rows}, None)


def triage(run: tuple[UUID, int], until: str | None = None) -> None:
    """The steps of a run in their order, each by its function; `until` is not done any more."""
    duplicate = False
    for each in STEPS:
        if each.name == until:
            return
        if each.tickets == "duplicates" and not duplicate:
            continue
        if each.tickets == "triaged" and duplicate:
            continue
        verdict = step(run, each.name)
        duplicate = duplicate or bool(verdict.get("duplicate"))


def step(run: tuple[UUID, int], name: str) -> dict[str, Any]:
    """The verdict of one step's function."""
    named = {"revision": 0} if name in ("draft_reply", "review_reply") else {}
    handler = importlib.import_module(f"functions.{name}.handler").handler
    verdict: dict[str, Any] = handler(step_event(name, run, **named), None)
    return verdict


def filled(conn: Connection, count: int) -> list[UUID]:
    """Tickets that triage has finished, oldest first."""
    tickets = []
    for row in samples(count):
        run = arrange.accepted(conn, **row)
        triage(run)
        tickets.append(run[0])
    return tickets
