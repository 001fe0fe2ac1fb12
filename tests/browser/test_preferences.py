"""What a person likes, and the lists that they named: the same in every browser."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from deskhand.store.connection import Connection
from tests import arrange
from tests.browser import desk
from tests.browser.visitor import Visitor

expect.set_options(timeout=60_000)


@pytest.fixture(autouse=True)
def staffed(conn: Connection) -> None:
    """People have accounts."""
    desk.staffed(conn)


def preferences(conn: Connection) -> dict[str, Any]:
    row: Any = conn.execute("SELECT preferences FROM accounts WHERE role = 'agent'").fetchone()
    stored: dict[str, Any] = row["preferences"]
    return stored


def test_a_named_list_is_in_every_browser(visit: Callable[..., Visitor], conn: Connection) -> None:
    """F-L2: named at one, used at another one, removed there."""
    for priority in ("high", "low"):
        arrange.accepted(conn, subject=f"It is {priority}", priority=priority)
    visitor = visit()
    page = visitor.log_in(desk.AGENT, "tickets?priority=high&sort=due")
    expect(page.locator(".row-link")).to_have_count(1)
    page.get_by_role("button", name="Name…").click()
    page.get_by_role("textbox", name="Name").fill("Urgent ones")
    visitor.check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("This list is now “Urgent ones”")).to_be_visible()
    named = page.get_by_role("navigation", name="Your lists").get_by_role("link")
    expect(named).to_have_text("Urgent ones")
    expect(named).to_have_attribute("aria-current", "page")
    visitor.check()
    # What somebody searched for stays with the account.
    kept = page.evaluate("Object.values(localStorage).join()")
    assert "high" not in kept
    other = visit()
    there = other.log_in(desk.AGENT)
    expect(there.locator(".row-link")).to_have_count(2)
    there.get_by_role("link", name="Urgent ones").click()
    expect(there.locator(".row-link")).to_have_text(["It is high"])
    other.open("settings")
    expect(there.get_by_role("link", name="Urgent ones")).to_be_visible()
    other.check()
    there.get_by_role("button", name="Remove Urgent ones").click()
    expect(there.get_by_role("link", name="Urgent ones")).to_have_count(0)
    page.reload()
    expect(page.locator(".row-link")).to_have_count(1)
    expect(page.get_by_role("navigation", name="Your lists")).to_have_count(0)
    assert preferences(conn)["views"] == []


def test_colours_and_keys_come_with_the_account(
    visit: Callable[..., Visitor], conn: Connection
) -> None:
    """F-L2: neither change of one browser undoes that of another one."""
    first, second = visit(), visit()
    page, other = first.log_in(desk.AGENT, "settings"), second.log_in(desk.AGENT, "settings")
    # A radio's own field is hidden: what is pressed are its words.
    page.locator(".radio", has_text="dark").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    first.check()
    with page.expect_response(lambda answer: answer.request.method == "PUT"):
        page.locator(".radio", has_text="light").click()
    with other.expect_response(lambda answer: answer.request.method == "PUT"):
        other.locator(".switch").click()
    expect(other.locator("html")).to_have_attribute("data-theme", "light")
    stored = preferences(conn)
    assert (stored["theme"], stored["single_keys"]) == ("light", False)
    page.reload()
    expect(page.get_by_role("switch")).not_to_be_checked()
