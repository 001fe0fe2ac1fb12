"""What the pages say when something is missing, forbidden or away; how they fit screens."""

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


def test_an_error_names_its_request_and_can_be_tried_again(
    visitor: Visitor, conn: Connection
) -> None:
    """F-L2"""
    arrange.accepted(conn, subject="Still here")
    page = visitor.log_in(desk.AGENT, "settings")
    visitor.expected = {503}
    visitor.site.broken["/tickets"] = 503
    page.get_by_role("link", name="Queue").click()
    alert = page.get_by_role("alert").filter(has_text="busy or away")
    expect(alert).to_be_visible()
    visitor.check()
    visitor.site.broken.clear()
    alert.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("link", name="Still here")).to_be_visible()


def test_too_many_requests_go_on_by_themselves(
    visitor: Visitor, conn: Connection, told: Any
) -> None:
    """F-L2: after a countdown, which also a write names."""
    visitor.expected = {429}
    page = visitor.log_in(desk.ADMIN, "settings")
    page.clock.install()
    told(REQUESTS_PER_MINUTE=6)
    page.get_by_role("link", name="Failures").click()
    expect(page.get_by_text("Nothing has failed")).to_be_visible()
    page.get_by_role("link", name="Reports").click()
    alert = page.get_by_role("alert").filter(has_text="Too many requests").first
    expect(alert.get_by_text("Next try in")).to_be_visible()
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_text("try again in").first).to_be_visible()
    visitor.check()
    told(REQUESTS_PER_MINUTE=0)
    page.clock.run_for(60_000)
    expect(page.get_by_text("There was no run yet")).to_be_visible()
    expect(alert).to_be_hidden()


def test_an_answer_that_nobody_waited_for_is_asked_for_again(
    visitor: Visitor, conn: Connection
) -> None:
    """F-L2: half an answer is never kept as the whole one."""
    run = arrange.accepted(conn)
    page = visitor.log_in(desk.AGENT, f"tickets/{run[0]}")
    page.get_by_role("tab", name="Trail").wait_for()
    visitor.site.stuck = "/events"
    with page.expect_event("response", lambda answer: answer.url.endswith("/events")):
        page.get_by_role("tab", name="Trail").click()
    with page.expect_event("requestfailed", lambda asked: asked.url.endswith("/events")):
        page.get_by_role("tab", name="Conversation").click()
    assert visitor.site.stuck == ""
    page.get_by_role("tab", name="Trail").click()
    expect(page.get_by_text("Ticket created")).to_be_visible()
    expect(page.get_by_text("aborted")).to_have_count(0)
    visitor.check()


def test_without_a_connection_what_was_read_stays(visitor: Visitor, conn: Connection) -> None:
    """F-L2"""
    run = arrange.accepted(conn, subject="Read before")
    page = visitor.log_in(desk.AGENT, f"tickets/{run[0]}")
    expect(page.get_by_role("heading", name="Read before")).to_be_visible()
    visitor.lose_connection()
    expect(page.get_by_text("You are offline")).to_be_visible()
    expect(page.get_by_role("heading", name="Read before")).to_be_visible()
    visitor.check()
    visitor.step(run, "validate_ticket")
    visitor.context.set_offline(False)
    expect(page.get_by_text("You are offline")).to_have_count(0)
    expect(page.get_by_text("Now: ")).to_be_visible()


def test_a_page_of_another_role_says_which_it_needs(visitor: Visitor) -> None:
    page = visitor.log_in(desk.CUSTOMER, "nowhere")
    expect(page.get_by_text("There is no such page")).to_be_visible()
    visitor.check()


@pytest.mark.parametrize(
    "settings",
    [
        {"color_scheme": "dark"},
        {"color_scheme": "light", "viewport": {"width": 320, "height": 640}},
        {
            "color_scheme": "dark",
            "reduced_motion": "reduce",
            "viewport": {"width": 640, "height": 450},
        },
        {"forced_colors": "active"},
    ],
    ids=["dark", "narrow", "zoomed", "forced"],
)
def test_every_page_fits_and_can_be_read(
    catalog: None, visit: Callable[..., Visitor], conn: Connection, settings: dict[str, object]
) -> None:
    """F-L2: 320 px is also 1280 px at 400 %."""
    [ticket] = desk.filled(conn, 1)
    visitor = visit(**settings)
    page = visitor.open("register")
    for address in ("", f"tickets/{ticket}", "settings"):
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        visitor.check()
        page = visitor.log_in(desk.AGENT, address) if address == "" else visitor.open(address)
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    assert wide <= 0
    visitor.check()
