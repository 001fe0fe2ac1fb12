"""DraftReply: from the evidence of its run, with an estimate where there is ground for one."""

from uuid import UUID

import pytest

from deskhand.errors import TicketEdited
from deskhand.store import drafts
from deskhand.store.connection import Connection
from deskhand.store.steps import Outcome
from functions.draft_reply.handler import handler
from tests import arrange
from tests.functions.conftest import step_event
from tests.functions.reply.drafting import close, drafted, researched

VPN = {"subject": "VPN", "body": "The tunnel drops. SECRET-CANARY"}


def test_the_sections_found_come_first_with_the_rest_of_their_article(conn: Connection) -> None:
    """F-D7"""
    run = arrange.accepted(conn, **VPN)
    researched(conn, run[1], ("vpn", 1, 0.8), ("mail", 0, 0.5), ("fax", 0, 0.45))
    verdict = handler(step_event("draft_reply", run), None)
    assert verdict == {"kind": "answer", "citations": 2, "revision": 0, "ai_status": "COMPLETED"}
    draft = drafted(conn)
    assert (draft["run_id"], draft["review"]) == (run[1], None)
    assert [each["id"] for each in draft["citations"]] == ["vpn#0", "vpn#1"]
    assert len(draft["steps"]) == 3


def test_what_is_too_far_away_is_no_evidence(conn: Connection) -> None:
    """F-D7"""
    run = arrange.accepted(conn, **VPN)
    researched(conn, run[1], ("vpn", 1, 0.39))
    assert handler(step_event("draft_reply", run), None)["kind"] == "question"


def test_an_article_that_is_gone_by_now_is_not_cited(conn: Connection) -> None:
    """F-D7"""
    run = arrange.accepted(conn, **VPN)
    researched(conn, run[1], ("vpn", 1, 0.8))
    conn.execute("DELETE FROM articles WHERE slug = 'vpn'")
    assert handler(step_event("draft_reply", run), None)["kind"] == "question"


def test_without_research_it_asks(conn: Connection) -> None:
    """F-D10"""
    run = arrange.accepted(conn, **VPN)
    assert handler(step_event("draft_reply", run), None)["citations"] == 0
    assert drafted(conn)["text"] == "Since when does it happen, and what did you do just before?"


def solved_after(conn: Connection, *minutes: int) -> tuple[UUID, ...]:
    """Tickets that were solved so long after they came in, the first one twice."""
    ids = tuple(arrange.accepted(conn)[0] for _ in minutes)
    for ticket_id, after in zip((ids[0], *ids), (1, *minutes), strict=True):
        conn.execute(
            """
            INSERT INTO events (ticket_id, kind, actor, data, at)
            SELECT id, 'ticket.status', 'ann', '{"old": "open", "new": "solved"}',
                   created_at + make_interval(mins => %s) FROM tickets WHERE id = %s
            """,
            [after, ticket_id],
        )
    return ids


@pytest.mark.parametrize(
    ("minutes", "estimate"),
    [((10, 200, 30), {"minutes": 30, "tickets": 3}), ((10, 200), None)],
    ids=["median", "too few"],
)
def test_the_estimate_is_the_median_of_similar_tickets(
    conn: Connection, minutes: tuple[int, ...], estimate: object
) -> None:
    """F-D4"""
    similar = solved_after(conn, *minutes)
    run = arrange.accepted(conn, **VPN)
    researched(conn, run[1], solved=similar)
    handler(step_event("draft_reply", run), None)
    assert conn.execute(
        "SELECT draft -> 'estimate' AS e FROM tickets WHERE id = %s", [run[0]]
    ).fetchone() == {"e": estimate}


def test_a_revision_leaves_out_what_was_refused_and_keeps_both_outcomes(conn: Connection) -> None:
    """F-D8"""
    run = arrange.accepted(conn, **VPN)
    researched(conn, run[1], ("vpn", 1, 0.8))
    handler(step_event("draft_reply", run), None)
    review = {
        "passed": False,
        "findings": [{"rule": "tone", "reason": "r", "claim": "Restart."}],
        "revision": 0,
        "policy": "p",
        "origin": drafted(conn)["origin"],
    }
    close(conn, run[1], "review_reply", Outcome({"revise": True}, review))
    assert handler(step_event("draft_reply", run, revision=1), None)["revision"] == 1
    assert "Restart." not in drafted(conn)["text"]
    rows = conn.execute("SELECT revision FROM step_outcomes WHERE step = 'draft_reply'").fetchall()
    assert sorted(row["revision"] for row in rows) == [0, 1]


def test_an_older_text_gets_no_draft(conn: Connection) -> None:
    """F-C7"""
    ticket_id, run_id = arrange.accepted(conn)
    with pytest.raises(TicketEdited):
        drafts.set_draft(conn, ticket_id, 7, run_id, {})
