from collections.abc import Callable
from pathlib import Path
import pytest
from tests.browser.visitor import Visitor, shot
from tests.browser import desk
from deskhand.store.connection import Connection

@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_look(catalog: None, visit: Callable[..., Visitor], conn: Connection, scheme: str) -> None:
    desk.staffed(conn)
    tickets = desk.filled(conn, 14)
    out = Path("/tmp/shots")
    v = visit(color_scheme=scheme)
    v.open()
    v.page.get_by_role("heading", name="Log in").wait_for()
    shot(v.page, f"login-{scheme}", out)
    v.check()
    page = v.log_in(desk.AGENT)
    page.get_by_role("table").wait_for()
    page.wait_for_timeout(500)
    shot(page, f"queue-{scheme}", out)
    v.check()
    v.open(f"tickets/{tickets[0]}")
    page.get_by_role("heading", level=1).wait_for()
    page.wait_for_timeout(500)
    shot(page, f"ticket-{scheme}", out, full_page=True)
    v.check()
    page.get_by_role("tab", name="Run").click()
    page.wait_for_timeout(500)
    shot(page, f"run-{scheme}", out, full_page=True)
    v.check()
