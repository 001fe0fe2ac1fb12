"""Every page in both colours; a picture of each is written to .local/pictures."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import expect

from deskhand.store import messages
from deskhand.store.connection import Connection
from deskhand.ticket import MessageKind
from functions.publish_metrics.handler import handler as publish_metrics
from tests import arrange, journeys
from tests.browser import desk
from tests.browser.visitor import Visitor

expect.set_options(timeout=60_000)
PICTURES = Path(".local/pictures")
# Each page's address with what it shows once it is there.
PAGES = {
    "tickets": "Second monitor",
    "review": "Another one",
    "insights": "How good triage is",
    "knowledge": "printer-paper-jam",
    "reports": "There was no run yet",
    "failures": "Classify",
    "admin": "VPN access",
    "new": "What is it about?",
    "settings": "Your console",
}


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_page_can_be_read(
    catalog: None, visit: Callable[..., Visitor], conn: Connection, colours: str
) -> None:
    """F-L2"""
    desk.staffed(conn)
    desk.articles()
    tickets = desk.filled(conn, 14)
    _, run_id = arrange.accepted(conn, subject="Nobody can sort this")
    journeys.step(conn, run_id, 1, "validate_ticket")
    conn.execute("UPDATE runs SET current_step = 'classify' WHERE id = %s", (run_id,))
    journeys.fail(conn, run_id)
    publish_metrics({}, None)
    PICTURES.mkdir(parents=True, exist_ok=True)
    visitor = visit(color_scheme=colours)
    page = visitor.log_in(desk.ADMIN)
    for address, shown in {**PAGES, f"tickets/{tickets[0]}": "Because the ticket"}.items():
        visitor.open(address)
        expect(page.get_by_text(shown).first).to_be_visible()
        expect(page.locator("[aria-busy=true]")).to_have_count(0)
        visitor.check()
        name = "ticket" if "/" in address else address
        page.screenshot(path=PICTURES / f"{name}-{colours}.png")
    kinds: tuple[MessageKind, ...] = ("reply", "note", "answer")
    for kind in kinds:
        messages.add(conn, tickets[0], kind, "user:ann", f"A message of the kind {kind}.")
    page.reload()
    expect(page.locator(".message")).to_have_count(3)
    visitor.check()
    page.get_by_role("textbox", name="Reply").scroll_into_view_if_needed()
    page.screenshot(path=PICTURES / f"conversation-{colours}.png")
    page.get_by_role("tab", name="Run").click()
    graph = page.get_by_role("img", name="Validate ticket: done; Detect duplicates: done")
    expect(graph).to_be_visible()
    visitor.check()
    page.screenshot(path=PICTURES / f"run-{colours}.png")
    page.keyboard.press("Control+k")
    expect(page.get_by_role("menuitem").first).to_be_visible()
    visitor.check()
    page.screenshot(path=PICTURES / f"palette-{colours}.png")
