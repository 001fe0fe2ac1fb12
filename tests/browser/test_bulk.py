"""Many tickets at once: seen before it happens, told for each, and taken back."""

from collections import Counter

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


def priorities(conn: Connection) -> Counter[str | None]:
    return Counter(row["priority"] for row in conn.execute("SELECT priority FROM tickets"))


def change(page: Page, value: str) -> None:
    page.get_by_role("button", name="Change…").click()
    page.get_by_role("menuitem", name=value).click()


def test_the_stale_ones_stay_and_the_others_can_be_taken_back(
    visitor: Visitor, conn: Connection
) -> None:
    """F-L2: by keys; first the preview, then the change, then the undo from the notice."""
    for n in range(4):
        arrange.accepted(conn, subject=f"ticket {n}", priority="low")
    page = visitor.log_in(desk.AGENT)
    expect(page.locator(".row-link")).to_have_count(4)
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("J")
    page.keyboard.press("J")
    bar = page.get_by_role("region", name="Selected tickets")
    expect(bar.get_by_text("3 selected")).to_be_visible()
    visitor.check()
    conn.execute("UPDATE tickets SET version = version + 1 WHERE subject = 'ticket 2'")
    change(page, "Priority: high")
    dialog = page.get_by_role("dialog", name="Priority: high")
    expect(dialog.get_by_text("2 would change, 1 were changed by somebody")).to_be_visible()
    visitor.check()
    assert priorities(conn) == {"low": 4}
    dialog.get_by_role("button", name="Change 2 tickets").dblclick()
    expect(dialog.get_by_text("2 tickets changed. These were not:")).to_be_visible()
    expect(dialog.get_by_text("stale")).to_be_visible()
    assert priorities(conn) == {"high": 2, "low": 2}
    dialog.get_by_role("button", name="Close").click()
    expect(bar).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("2 undone")).to_be_visible()
    assert priorities(conn) == {"low": 4}


def test_all_that_match_are_changed_and_taken_back_from_the_trail(
    visitor: Visitor, conn: Connection
) -> None:
    """F-L2: also those that are on other pages."""
    for n in range(40):
        arrange.accepted(conn, subject=f"ticket {n}", priority="medium" if n % 4 else "low")
    page = visitor.log_in(desk.AGENT, "tickets?priority=medium")
    page.get_by_role("checkbox", name="Select the tickets of this page").click()
    bar = page.get_by_role("region", name="Selected tickets")
    expect(bar.get_by_text("25 selected")).to_be_visible()
    bar.get_by_role("button", name="Select all 30 that match").click()
    expect(bar.get_by_text("30 selected")).to_be_visible()
    change(page, "Priority: high")
    dialog = page.get_by_role("dialog", name="Priority: high")
    dialog.get_by_role("button", name="Change 30 tickets").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_text("No ticket fits")).to_be_visible()
    assert priorities(conn) == {"high": 30, "low": 10}
    [row] = conn.execute("SELECT id FROM tickets WHERE subject = 'ticket 39'").fetchall()
    visitor.open(f"tickets/{row['id']}")
    page.get_by_role("tab", name="Trail").click()
    page.get_by_role("button", name="Undo it for all of them").click()
    expect(page.get_by_text("30 undone")).to_be_visible()
    expect(page.get_by_text("taken back for many tickets")).to_be_visible()
    visitor.check()
    assert priorities(conn) == {"medium": 30, "low": 10}
