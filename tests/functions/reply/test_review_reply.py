"""ReviewReply: the verdict beside its draft, one revision, then a person."""

from typing import Any
from uuid import UUID

import pytest

from deskhand.store import tickets
from deskhand.store.connection import Connection
from deskhand.store.steps import Outcome
from functions.draft_reply.handler import handler as draft_reply
from functions.review_reply.handler import handler
from tests import arrange
from tests.functions.conftest import step_event
from tests.functions.reply.drafting import close, drafted, researched

VPN = {"subject": "VPN", "body": "The tunnel drops."}


@pytest.fixture
def run(conn: Connection) -> tuple[UUID, int]:
    """A run that has a draft of two sections."""
    made = arrange.accepted(conn, **VPN)
    researched(conn, made[1], ("vpn", 1, 0.8))
    draft_reply(step_event("draft_reply", made), None)
    return made


def promised(conn: Connection, run: tuple[UUID, int], revision: int = 0) -> None:
    """The run's draft promises something."""
    claim = {"text": "We will refund the tunnel.", "citations": ["vpn#0"]}
    draft: dict[str, Any] = {**drafted(conn), "statements": [claim], "revision": revision}
    conn.execute("DELETE FROM step_outcomes WHERE step = 'draft_reply'")
    close(conn, run[1], "draft_reply", Outcome({"revision": revision}, draft), revision)


def test_a_good_draft_passes(conn: Connection, run: tuple[UUID, int]) -> None:
    """F-D8"""
    assert handler(step_event("review_reply", run), None) == {
        "passed": True, "findings": [], "revise": False, "revision": 0, "ai_status": "COMPLETED",
    }  # fmt: skip
    review = drafted(conn)["review"]
    assert (review["passed"], review["origin"]["model"]) == (True, "rules")
    ticket = conn.execute("SELECT needs_review, version FROM tickets").fetchone()
    assert ticket == {"needs_review": False, "version": 1}


def test_a_bad_draft_is_to_be_revised_once(conn: Connection, run: tuple[UUID, int]) -> None:
    """F-D8: names of rules are all that the state machine learns."""
    promised(conn, run)
    verdict = handler(step_event("review_reply", run), None)
    assert verdict == {
        "passed": False, "findings": ["promise"], "revise": True, "revision": 1,
        "ai_status": "COMPLETED",
    }  # fmt: skip
    [finding] = drafted(conn)["review"]["findings"]
    assert finding["claim"] == "We will refund the tunnel."
    assert conn.execute("SELECT needs_review FROM tickets").fetchone()["needs_review"] is False


@pytest.mark.parametrize("set_by", ["ai", "human"])
def test_a_bad_revision_is_for_people_unless_they_have_looked(
    conn: Connection, run: tuple[UUID, int], set_by: str
) -> None:
    """F-D8 F-C7"""
    conn.execute(
        "UPDATE tickets SET provenance = jsonb_build_object('needs_review', %s::text)", [set_by]
    )
    promised(conn, run, revision=1)
    verdict = handler(step_event("review_reply", run, revision=1), None)
    assert (verdict["passed"], verdict["revise"], verdict["revision"]) == (False, False, 1)
    ticket = conn.execute("SELECT id, needs_review FROM tickets").fetchone()
    assert ticket["needs_review"] is (set_by == "ai")
    shown = tickets.get(conn, ticket["id"]) or {}
    assert shown["review_reasons"] == (["draft_refused"] if set_by == "ai" else [])


def test_the_review_of_another_runs_draft_stays_away(
    conn: Connection, run: tuple[UUID, int]
) -> None:
    """F-D13"""
    conn.execute("UPDATE tickets SET draft = draft || '{\"run_id\": 999}'")
    handler(step_event("review_reply", run), None)
    assert drafted(conn)["review"] is None
