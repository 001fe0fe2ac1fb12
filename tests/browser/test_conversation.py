"""The conversation about a ticket: the proposed reply, notes, and the requester's answers."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from deskhand.store import intake
from deskhand.store.connection import Connection
from tests import arrange
from tests.browser import desk
from tests.browser.visitor import Visitor

expect.set_options(timeout=60_000)


@pytest.fixture(autouse=True)
def staffed(conn: Connection) -> None:
    """People have accounts."""
    desk.staffed(conn)


@pytest.fixture
def ticket(catalog: None, conn: Connection) -> UUID:
    """The customer's ticket, which triage has finished with a proposed reply."""
    desk.articles()
    [row] = conn.execute("SELECT id FROM accounts WHERE role = 'customer'").fetchall()
    wanted = replace(arrange.request(None, **desk.VPN), caller=f"user:{row['id']}")
    stored = intake.accept(conn, wanted)
    assert stored is not None
    desk.triage((wanted.ticket_id, stored.run_id))
    return wanted.ticket_id


def draft_of(conn: Connection, ticket: UUID) -> Any:
    row: Any = conn.execute("SELECT draft FROM tickets WHERE id = %s", (ticket,)).fetchone()
    return row["draft"]


def events_of(conn: Connection, ticket: UUID, *kinds: str) -> list[tuple[str, Any]]:
    rows = conn.execute(
        "SELECT kind, data FROM events WHERE ticket_id = %s AND kind = ANY (%s) ORDER BY id",
        (ticket, list(kinds)),
    ).fetchall()
    return [(row["kind"], row["data"]) for row in rows]


def editor(page: Page) -> Any:
    return page.get_by_role("textbox", name="Reply")


def test_a_draft_is_edited_sent_and_answered(
    ticket: UUID, visit: Callable[..., Visitor], conn: Connection
) -> None:
    """F-L2 F-A10: by keys, over a reload; the requester reads the reply, and no note."""
    draft = draft_of(conn, ticket)
    agent = visit()
    page = agent.log_in(desk.AGENT, f"tickets/{ticket}")
    expect(page.get_by_role("region", name="Proposed reply")).to_be_visible()
    agent.check()
    page.keyboard.press("e")
    expect(editor(page)).to_be_focused()
    # The numbers of its sources say nothing to the requester.
    text = re.sub(r" ?\[\d+\]", "", draft["text"])
    assert text != draft["text"]
    expect(editor(page)).to_have_value(text)
    page.keyboard.press("Control+End")
    page.keyboard.type(" Does it help?")
    page.reload()
    expect(editor(page)).to_have_value(text + " Does it help?")
    agent.check()
    page.get_by_role("button", name="Send", exact=True).dblclick()
    messages = page.get_by_role("list", name="Messages").get_by_role("listitem")
    expect(messages).to_have_count(1)
    expect(messages).to_contain_text("Does it help?")
    expect(page.get_by_role("region", name="Proposed reply")).to_have_count(0)
    expect(editor(page)).to_have_value("")
    sent = ("draft.sent", {"run": draft["run_id"], "edited": True})
    assert events_of(conn, ticket, "draft.sent") == [sent]
    page.get_by_role("tab", name="Conversation").focus()
    page.keyboard.press("n")
    page.get_by_role("textbox", name="Internal note").fill("He sits in building 2.")
    page.get_by_role("button", name="Store the note").click()
    expect(messages).to_have_count(2)
    agent.check()
    page.get_by_role("button", name="Status").click()
    page.get_by_role("option", name="solved", exact=True).click()
    expect(page.get_by_text("Now solved")).to_be_visible()

    customer = visit()
    own = customer.log_in(desk.CUSTOMER, f"tickets/{ticket}")
    theirs = own.get_by_role("list", name="Messages").get_by_role("listitem")
    expect(theirs).to_have_count(1)
    expect(theirs).to_contain_text("Does it help?")
    expect(own.get_by_text("that opens it again")).to_be_visible()
    assert own.get_by_text("building 2").count() == 0
    customer.check()
    own.get_by_role("textbox", name="Answer").fill("No, it is as before.")
    own.get_by_role("button", name="Send").click()
    expect(theirs).to_have_count(2)
    expect(own.get_by_role("listitem").filter(has_text="with a person")).to_have_attribute(
        "aria-current", "step"
    )
    customer.check()
    page.reload()
    expect(messages).to_have_count(3)
    expect(page.get_by_role("button", name="Status")).to_contain_text("open")


def test_a_draft_is_discarded(ticket: UUID, visitor: Visitor, conn: Connection) -> None:
    """F-L2 F-A10"""
    page = visitor.log_in(desk.AGENT, f"tickets/{ticket}")
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_text("The proposed reply is discarded")).to_be_visible()
    expect(page.get_by_role("region", name="Proposed reply")).to_have_count(0)
    visitor.check()
    assert draft_of(conn, ticket) is None
    assert len(events_of(conn, ticket, "draft.discarded")) == 1


def test_two_people_do_not_send_one_draft(
    ticket: UUID, visit: Callable[..., Visitor], conn: Connection
) -> None:
    """F-L2 F-A10: the slower one keeps the text, and sees what was sent."""
    visitors = [visit(), visit()]
    visitors[1].expected = {409}
    pages = [
        visitor.log_in(who, f"tickets/{ticket}")
        for visitor, who in zip(visitors, (desk.AGENT, desk.ADMIN), strict=True)
    ]
    for page in pages:
        page.get_by_role("button", name="Edit and send").click()
        expect(editor(page)).not_to_have_value("")
    pages[0].get_by_role("button", name="Send", exact=True).click()
    expect(pages[0].locator(".message")).to_have_count(1)
    pages[1].get_by_role("button", name="Send", exact=True).click()
    expect(pages[1].get_by_text("the ticket has no such draft any more").first).to_be_visible()
    expect(pages[1].locator(".message")).to_have_count(1)
    expect(editor(pages[1])).not_to_have_value("")
    visitors[1].check()
    assert len(events_of(conn, ticket, "message.reply")) == 1


def test_hostile_messages_are_shown_as_text(
    ticket: UUID, visitor: Visitor, conn: Connection
) -> None:
    """F-L2"""
    page = visitor.log_in(desk.AGENT, f"tickets/{ticket}")
    for n, text in enumerate(desk.HOSTILE, 1):
        page.get_by_role("textbox", name="Reply").fill(text)
        page.get_by_role("button", name="Send", exact=True).click()
        expect(page.locator(".message .written")).to_have_count(n)
    expect(page.locator(".message .written").first).to_have_text(desk.HOSTILE[0])
    visitor.check()


def test_nothing_that_was_written_is_left_after_logout(
    ticket: UUID, visitor: Visitor, conn: Connection
) -> None:
    """F-K1"""
    page = visitor.log_in(desk.AGENT, f"tickets/{ticket}")
    editor(page).fill("Not yet sent")
    page.get_by_role("button", name="Account").click()
    page.get_by_role("menuitem", name="Log out").click()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()
    assert page.evaluate("Object.values(sessionStorage).join()") == ""


def test_a_closed_ticket_takes_no_answer(ticket: UUID, visitor: Visitor, conn: Connection) -> None:
    """F-A10"""
    conn.execute("UPDATE tickets SET status = 'closed'")
    page = visitor.log_in(desk.CUSTOMER, f"tickets/{ticket}")
    expect(page.get_by_text("The ticket is closed.")).to_be_visible()
    expect(page.get_by_role("textbox")).to_have_count(0)
    visitor.check()
