"""Logging in and out, in one tab and in two."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from deskhand.accounts.invitations import create_invitation
from deskhand.accounts.requests import Invitation
from deskhand.store.connection import Connection
from tests.browser import desk
from tests.browser.visitor import Visitor
from tests.functions.accounts.people import PASSWORD, login

expect.set_options(timeout=60_000)


@pytest.fixture(autouse=True)
def staffed(conn: Connection) -> None:
    """People have accounts."""
    desk.staffed(conn)


def test_a_login_outlives_a_reload_and_holds_in_every_tab(visitor: Visitor) -> None:
    """F-L2"""
    page = visitor.log_in(desk.AGENT)
    page.reload()
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()
    second = visitor.context.new_page()
    second.goto(visitor.site.console)
    # Both at once: each shows the browser's one cookie.
    page.reload()
    second.reload()
    for tab in (page, second):
        expect(tab.get_by_role("heading", name="Queue")).to_be_visible()
    visitor.check()

    page.get_by_role("button", name="Account").click()
    page.get_by_role("menuitem", name="Log out").click()
    for tab in (page, second):
        expect(tab.get_by_role("heading", name="Log in")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_a_server_that_is_away_ends_no_session(visitor: Visitor) -> None:
    """F-L2: nor does a reload that cuts the first request off."""
    page = visitor.log_in(desk.AGENT)
    visitor.expected = {503}
    visitor.site.broken["/auth"] = 503
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("busy or away")
    visitor.check()
    visitor.site.broken.clear()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()


def test_no_script_can_read_what_a_session_lives_by(visitor: Visitor) -> None:
    """F-K1"""
    page = visitor.log_in(desk.AGENT)
    kept = page.evaluate("[document.cookie, ...Object.values(localStorage)].join()")
    assert not re.search(r"dhr_|eyJ", kept)
    [cookie] = visitor.context.cookies(
        f"{visitor.site.console.removesuffix('console')}auth/refresh"
    )
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")
    assert visitor.context.cookies(visitor.site.console) == []


def test_a_wrong_password_is_said_and_the_address_kept(visitor: Visitor) -> None:
    visitor.expected = {401}
    page = visitor.open()
    page.get_by_label("E-mail address").fill(desk.AGENT)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_contain_text("e-mail address or password is wrong")
    expect(page.get_by_label("E-mail address")).to_have_value(desk.AGENT)
    visitor.check()


def test_an_invitation_s_link_opens_an_account(visitor: Visitor, conn: Connection) -> None:
    """F-L2"""
    sent = Invitation(email="new@example.com", role="agent", days=1)
    invite = create_invitation(conn, sent, by_operator=False)["invite"]
    visitor.expected = {422}
    page = visitor.open(f"register?email=new%40example.com&invite={invite}")
    page.get_by_label("Password").fill("password")
    visitor.check()
    page.get_by_role("button", name="Open account").click()
    expect(
        page.get_by_text("is one of the most common").or_(page.get_by_text("guess"))
    ).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Open account").click()
    expect(page.get_by_role("heading", name="Queue")).to_be_visible()


def test_a_login_link_works_once(visit: Callable[..., Visitor]) -> None:
    """F-L2"""
    token = login(desk.ADMIN).body["refresh_token"]
    first, second = visit(), visit(user_agent="another browser")
    expect(first.open(f"enter?token={token}").get_by_role("heading", name="Queue")).to_be_visible()
    assert token not in first.page.url
    second.expected = {401}
    page = second.open(f"enter?token={token}")
    expect(page.get_by_text("A login link works once")).to_be_visible()


def test_a_session_that_ends_leaves_the_page_as_it_is(visitor: Visitor, conn: Connection) -> None:
    """F-L2: nothing that was typed is lost."""
    page = visitor.log_in(desk.AGENT, "settings")
    page.get_by_label("Current password").fill("half a pass")
    conn.execute("UPDATE sessions SET ended_at = now(), ended_by = 'logout'")
    visitor.expected = {401}
    # As a quarter of an hour later: the token has gone, and the cookie is not good any more.
    visitor.site.broken["/auth/password"] = 401
    page.get_by_label("New password").fill("another good password")
    page.get_by_role("button", name="Change").click()
    dialog = page.get_by_role("dialog", name="Log in again")
    dialog.get_by_label("Password").fill(PASSWORD)
    visitor.check()
    visitor.site.broken.clear()
    dialog.get_by_role("button", name="Log in").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_label("Current password")).to_have_value("half a pass")
