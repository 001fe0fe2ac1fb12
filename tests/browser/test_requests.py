"""How much a console asks: counted over a minute of the page's own clock."""

import time
from collections.abc import Callable

from playwright.sync_api import Page, expect

from deskhand.store.connection import Connection
from tests import arrange, journeys
from tests.browser import desk
from tests.browser.visitor import Visitor

expect.set_options(timeout=60_000)
MINUTE_MS = 60_000
# The shortest pause of a page that follows a run.
STEP_MS = 800
# An answer that has arrived is worked with.
_SETTLED = """new Promise(done => {
    const channel = new MessageChannel();
    channel.port1.onmessage = done;
    channel.port2.postMessage(0);
})"""
_ASIDE = "Object.defineProperty(document, 'visibilityState', {get: () => 'hidden'})"


def pass_a_minute(visitor: Visitor, page: Page, step_ms: int) -> list[str]:
    """What is asked in a minute; each answer is there before the clock goes on."""
    visitor.site.asked.clear()
    for _ in range(MINUTE_MS // step_ms):
        page.clock.run_for(step_ms)
        while visitor.site.busy:
            time.sleep(0.01)
        page.evaluate(_SETTLED)
    return list(visitor.site.asked)


def test_ten_open_tickets_ask_less_than_once_a_second(
    visit: Callable[..., Visitor], conn: Connection
) -> None:
    """F-L2: only the tab that is looked at follows its run."""
    desk.staffed(conn)
    tickets = [arrange.accepted(conn, subject=f"Ticket {n}")[0] for n in range(10)]
    others = visit()
    page = others.log_in(desk.AGENT, "settings")
    others.context.add_init_script(_ASIDE)
    for ticket in tickets[1:]:
        tab = others.context.new_page()
        tab.goto(f"{others.site.console}#/tickets/{ticket}")
        expect(tab.get_by_text("Waiting for its turn")).to_be_visible()
    page.clock.install()
    assert pass_a_minute(others, tab, MINUTE_MS) == [], "hidden tabs ask nothing"

    visitor = visit()
    page = visitor.log_in(desk.AGENT)
    page.clock.install()
    visitor.open(f"tickets/{tickets[0]}")
    page.reload()
    page.get_by_role("tab", name="Run").click()
    expect(page.get_by_text("No step has ended yet")).to_be_visible()
    asked = pass_a_minute(visitor, page, STEP_MS)
    # How often depends on how long the run is open already: at least every ten seconds or so.
    assert 3 < len(asked) < 60, asked


def test_an_unchanged_ticket_is_not_sent_again(visitor: Visitor, conn: Connection) -> None:
    """F-L2 F-A6"""
    desk.staffed(conn)
    ticket, run = arrange.accepted(conn, subject="It rests")
    journeys.finish(conn, run)
    page = visitor.log_in(desk.AGENT, f"tickets/{ticket}")
    expect(page.get_by_role("heading", name="It rests")).to_be_visible()
    page.clock.install()
    page.clock.run_for(MINUTE_MS)
    with page.expect_response(lambda answer: answer.url.endswith(str(ticket))) as answered:
        page.evaluate("dispatchEvent(new Event('visibilitychange'))")
    assert answered.value.status == 304
    conn.execute("UPDATE tickets SET status = 'hold', version = version + 1")
    page.clock.run_for(MINUTE_MS)
    page.evaluate("dispatchEvent(new Event('visibilitychange'))")
    expect(page.get_by_role("button", name="Status")).to_contain_text("hold")
    visitor.check()
