"""The queue: filters, search, pages, keys; and a list that does not move by itself."""

from collections.abc import Callable
from urllib.parse import urlsplit

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


def subjects(page: Page) -> list[str]:
    return page.locator(".row-link").all_text_contents()


def fragment(page: Page) -> str:
    return urlsplit(page.url).fragment


def test_filters_the_address_and_the_way_back_agree(visitor: Visitor, conn: Connection) -> None:
    """F-L2"""
    for priority, count in (("high", 2), ("low", 3), (None, 1)):
        for n in range(count):
            arrange.accepted(conn, subject=f"{priority} {n}", priority=priority)
    page = visitor.log_in(desk.AGENT)
    expect(page.locator(".row-link")).to_have_count(6)
    page.get_by_role("checkbox", name="high", exact=True).click()
    expect(page.locator(".row-link")).to_have_count(2)
    assert fragment(page) == "/tickets?priority=high"
    # The counts beside a filter are those of the list without it.
    low = page.locator(".facet-value", has_text="low")
    expect(low.locator(".count")).to_have_text("3")
    page.get_by_role("checkbox", name="low", exact=True).click()
    expect(page.locator(".row-link")).to_have_count(5)
    expect(page.get_by_text("5 tickets")).to_be_visible()
    visitor.check()
    page.go_back()
    expect(page.locator(".row-link")).to_have_count(2)
    expect(page.get_by_role("checkbox", name="low", exact=True)).not_to_be_checked()
    # The address alone makes the same list.
    page.reload()
    expect(page.locator(".row-link")).to_have_count(2)
    page.get_by_role("link", name="Remove priority: high").click()
    expect(page.locator(".row-link")).to_have_count(6)


def test_search_finds_words_and_says_when_nothing_fits(visitor: Visitor, conn: Connection) -> None:
    """F-L2"""
    arrange.accepted(conn, subject="The printer is on fire")
    arrange.accepted(conn, subject="The door is closed")
    page = visitor.log_in(desk.AGENT)
    expect(page.locator(".row-link")).to_have_count(2)
    page.keyboard.press("/")
    page.keyboard.type("printer")
    page.keyboard.press("Enter")
    expect(page.locator(".row-link")).to_have_text(["The printer is on fire"])
    page.get_by_role("searchbox").fill("unicorn")
    page.keyboard.press("Enter")
    expect(page.get_by_text("No ticket fits")).to_be_visible()
    visitor.check()
    page.get_by_role("link", name="Clear them").click()
    expect(page.locator(".row-link")).to_have_count(2)
    assert not any("unicorn" in asked for asked in visitor.site.asked), "a path holds words"


def test_the_list_stays_while_tickets_arrive(visitor: Visitor, conn: Connection) -> None:
    """F-L2: it says how many are new, and shows them when asked."""
    for n in range(30):
        arrange.accepted(conn, subject=f"before {n}")
    page = visitor.log_in(desk.AGENT)
    expect(page.locator(".row-link")).to_have_count(25)
    first = subjects(page)
    for n in range(50):
        arrange.accepted(conn, subject=f"new {n}")
    # As somebody does who comes back to the tab: it asks at once.
    page.evaluate("dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("button", name="50 new")).to_be_visible()
    assert subjects(page) == first
    page.get_by_role("link", name="Next page").click()
    expect(page.locator(".row-link")).to_have_text([f"before {n}" for n in (4, 3, 2, 1, 0)])
    page.get_by_role("link", name="First page").click()
    expect(page.locator(".row-link")).to_have_text(first)
    page.keyboard.press(".")
    expect(page.locator(".row-link").first).to_have_text("new 49")
    expect(page.locator(".news")).to_have_count(0)


def test_the_keyboard_alone_is_enough(visitor: Visitor, conn: Connection) -> None:
    """F-L2"""
    for n in range(3):
        arrange.accepted(conn, subject=f"ticket {n}")
    page = visitor.log_in(desk.AGENT)
    expect(page.locator(".row-link")).to_have_count(3)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.get_by_role("link", name="ticket 1")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="ticket 1")).to_be_visible()
    page.keyboard.press("J")
    expect(page.get_by_role("heading", name="ticket 0")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
    visitor.check()
    page.keyboard.press("Escape")
    page.keyboard.press("g")
    page.keyboard.press("q")
    expect(page.locator(".row-link")).to_have_count(3)


def test_customers_see_their_own_tickets_only(
    visit: Callable[..., Visitor], conn: Connection
) -> None:
    """F-A8 F-L2: also by an address that they type."""
    foreign, _ = arrange.accepted(conn, subject="Somebody else's")
    visitor = visit()
    visitor.expected = {404}
    page = visitor.log_in(desk.CUSTOMER)
    expect(page.get_by_text("There are no tickets yet")).to_be_visible()
    expect(page.get_by_role("complementary")).to_have_count(0)
    visitor.check()
    visitor.open(f"tickets/{foreign}")
    expect(page.get_by_role("alert").filter(has_text="Not found")).to_be_visible()
    assert "Somebody else" not in page.content()
