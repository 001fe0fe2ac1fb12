"""The console as it is deployed, in a real browser."""

import httpx
from playwright.sync_api import expect

from embedded.entering import login_link
from tests.browser.chromium import launched
from tests.browser.site import Site
from tests.browser.visitor import Visitor
from tests.e2e.conftest import INSTANCE, Stack

expect.set_options(timeout=60_000)


def test_the_link_of_the_demo_leads_to_the_queue_and_a_ticket(stack: Stack) -> None:
    """F-L2: nothing is blocked, and nothing comes from elsewhere."""
    subject = "The VPN of the console disconnects"
    stack.ended(stack.post(subject, "Working from home is impossible.").json()["ticket_id"])
    base_url = httpx.URL(stack.target["base_url"])
    origin = str(base_url.copy_with(path="/")).rstrip("/")
    with launched() as browser:
        site = Site(url=origin, console=f"{base_url}/console")
        visitor = Visitor(site, browser.new_context())
        page = visitor.page
        page.goto(login_link(INSTANCE))
        row = page.get_by_role("link", name=subject).first
        expect(row).to_be_visible()
        visitor.check()
        row.click()
        expect(page.get_by_text("Because the ticket")).to_be_visible()
        page.get_by_role("tab", name="Run").click()
        expect(page.get_by_role("row", name="Classify")).to_be_visible()
        visitor.check()
