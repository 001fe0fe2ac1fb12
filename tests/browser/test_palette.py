"""Actions by their words, and keys that can be switched off."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from deskhand.store.connection import Connection
from tests import arrange
from tests.browser import desk
from tests.browser.visitor import Visitor

expect.set_options(timeout=60_000)


@pytest.fixture(autouse=True)
def staffed(conn: Connection) -> None:
    """People have accounts."""
    desk.staffed(conn)


def act(page: Page, words: str, found: str) -> None:
    """Does the first thing that is found by the words."""
    page.keyboard.press("Control+k")
    palette = page.get_by_role("dialog", name="Actions")
    expect(palette.get_by_role("searchbox")).to_be_focused()
    page.keyboard.type(words)
    expect(palette.get_by_role("menuitem").first).to_have_text(found)
    page.keyboard.press("Enter")
    expect(palette).to_be_hidden()


def test_a_value_that_is_typed_is_set(visitor: Visitor, conn: Connection) -> None:
    """F-L2: what can be done is what is on the screen."""
    ticket, _ = arrange.accepted(conn, subject="Nobody has it", priority="low")
    page = visitor.log_in(desk.AGENT, f"tickets/{ticket}")
    expect(page.get_by_role("heading", name="Nobody has it")).to_be_visible()
    expect(page.get_by_role("button", name="Assignee")).to_be_visible()
    act(page, "urgent", "Priority: critical")
    expect(page.get_by_text("Now critical")).to_be_visible()
    page.keyboard.press("i")
    expect(page.get_by_role("searchbox", name="Look for an action")).to_have_value("Assignee ")
    visitor.check()
    page.keyboard.type("root")
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Assigned to {desk.ADMIN}")).to_be_visible()
    stored: Any = conn.execute("SELECT priority, assignee FROM tickets").fetchone()
    assert (stored["priority"], stored["assignee"]) == ("critical", desk.ADMIN)
    act(page, "go queue", "Go to Queue")
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    act(page, "high", "Only priority: high")
    expect(page.get_by_text("No ticket fits")).to_be_visible()
    # In a field too; words that are no action are looked for in tickets.
    page.keyboard.press("/")
    act(page, "nobody", "Search tickets for “nobody”")
    expect(page.get_by_role("link", name="Nobody has it")).to_be_visible()
    act(page, str(ticket), f"Open ticket {ticket}")
    expect(page.get_by_role("heading", name="Nobody has it")).to_be_visible()


def test_single_keys_can_be_switched_off(visitor: Visitor, conn: Connection) -> None:
    """F-L2: WCAG 2.1.4. Keys with Ctrl stay."""
    arrange.accepted(conn, subject="One ticket")
    page = visitor.log_in(desk.AGENT, "settings")
    page.locator(".switch").click()
    page.reload()
    expect(page.get_by_role("switch")).not_to_be_checked()
    page.get_by_role("link", name="Queue").click()
    link = page.get_by_role("link", name="One ticket")
    expect(link).to_be_visible()
    page.keyboard.press("j")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(link).not_to_be_focused()
    act(page, "go settings", "Go to Settings")
    page.locator(".switch").click()
    act(page, "go queue", "Go to Queue")
    expect(link).to_be_visible()
    page.keyboard.press("j")
    expect(link).to_be_focused()
