"""One ticket: what triage said and why, what people change, and two of them at once."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from playwright.sync_api import Page, expect

from deskhand.store.connection import Connection
from tests import arrange, journeys
from tests.browser import desk
from tests.browser.visitor import Visitor

expect.set_options(timeout=60_000)


@pytest.fixture(autouse=True)
def staffed(conn: Connection) -> None:
    """People have accounts."""
    desk.staffed(conn)


@pytest.fixture
def triaged(catalog: None, conn: Connection) -> UUID:
    """A ticket that triage has finished."""
    run = arrange.accepted(conn, **desk.VPN)
    desk.triage(run)
    return run[0]


def stored(conn: Connection, ticket: UUID) -> dict[str, Any]:
    found = conn.execute("SELECT * FROM tickets WHERE id = %s", (ticket,)).fetchone()
    assert found is not None
    return found


def choose(page: Page, label: str, value: str) -> None:
    page.get_by_role("button", name=label).click()
    page.get_by_role("option", name=value, exact=True).click()


def test_the_evidence_is_marked_and_a_key_accepts(
    triaged: UUID, visitor: Visitor, conn: Connection
) -> None:
    """F-L2"""
    page = visitor.log_in(desk.AGENT, f"tickets/{triaged}")
    expect(page.locator(".written mark").first).to_have_text("VPN")
    expect(page.get_by_text("Network › VPN access")).to_be_visible()
    expect(page.get_by_text("Due on")).to_be_visible()
    visitor.check()
    page.keyboard.press("a")
    expect(page.get_by_text("A person has said so.")).to_be_visible()
    assert stored(conn, triaged)["provenance"]["category"] == "human"
    page.get_by_role("tab", name="Trail").click()
    expect(
        page.get_by_text(desk.AGENT).or_(page.get_by_text("Ticket updated")).first
    ).to_be_visible()
    visitor.check()
    page.get_by_role("tab", name="Run").click()
    expect(page.get_by_role("row", name="Classify")).to_be_visible()
    visitor.check()


def test_a_correction_is_stored(triaged: UUID, visitor: Visitor, conn: Connection) -> None:
    """F-L2"""
    page = visitor.log_in(desk.AGENT, f"tickets/{triaged}")
    page.get_by_role("button", name="Correct").click()
    form = page.get_by_role("group", name="Correct the triage")
    form.get_by_role("button", name="Category").click()
    page.get_by_role("option", name="Workplace").click()
    form.get_by_role("button", name="Request type").click()
    page.get_by_role("option", name="Keyboard").click()
    visitor.check()
    form.get_by_role("button", name="Save").click()
    expect(page.locator(".decision")).to_have_text("Workplace › Keyboard")
    row = stored(conn, triaged)
    assert (row["category"], row["request_type"]) == ("Workplace", "Keyboard")


def test_two_people_edit_one_ticket_and_no_value_is_lost(
    triaged: UUID, visit: Callable[..., Visitor], conn: Connection
) -> None:
    """F-L2 F-A6"""
    first, second = visit(), visit()
    second.expected = {412}
    pages = [
        first.log_in(desk.AGENT, f"tickets/{triaged}"),
        second.log_in(desk.ADMIN, f"tickets/{triaged}"),
    ]
    for page in pages:
        expect(page.get_by_role("button", name="Priority")).to_be_visible()
    choose(pages[0], "Status", "pending")
    expect(pages[0].get_by_text("Now pending")).to_be_visible()
    choose(pages[1], "Priority", "low")
    dialog = pages[1].get_by_role("dialog", name="The ticket has changed meanwhile")
    expect(dialog.get_by_text("theirs: high")).to_be_visible()
    second.check()
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_be_hidden()
    expect(pages[1].get_by_role("button", name="Status")).to_contain_text("pending")
    row = stored(conn, triaged)
    assert (row["status"], row["priority"]) == ("pending", "low")


def test_an_edit_can_be_undone(triaged: UUID, visitor: Visitor, conn: Connection) -> None:
    """F-L2"""
    page = visitor.log_in(desk.AGENT, f"tickets/{triaged}")
    expect(page.get_by_role("button", name="Assignee")).to_be_visible()
    page.keyboard.press("m")
    expect(page.get_by_text(f"Assigned to {desk.AGENT}")).to_be_visible()
    assert stored(conn, triaged)["assignee"] == desk.AGENT
    page.keyboard.press("z")
    expect(page.get_by_text("Undone")).to_be_visible()
    assert stored(conn, triaged)["assignee"] is None


def test_a_run_is_seen_step_by_step(catalog: None, visitor: Visitor, conn: Connection) -> None:
    """F-L2: without a reload."""
    run = arrange.accepted(conn, **desk.VPN)
    page = visitor.log_in(desk.AGENT, f"tickets/{run[0]}")
    expect(page.get_by_text("Waiting for its turn")).to_be_visible()
    visitor.step(run, "validate_ticket")
    expect(page.get_by_text("Now: ")).to_be_visible()
    visitor.check()
    for name in ("detect_duplicates", "classify"):
        visitor.step(run, name)
    expect(page.get_by_text("Network › VPN access")).to_be_visible()
    for name in ("extract_entities", "research", "draft_reply", "review_reply", "create_ticket"):
        visitor.step(run, name)
    expect(page.get_by_text("Now: ")).to_be_hidden()
    expect(page.get_by_text("Proposed")).to_be_visible()


def test_a_duplicate_is_unlinked(catalog: None, visitor: Visitor, conn: Connection) -> None:
    """F-L2"""
    runs = [arrange.accepted(conn, **desk.VPN, customer_id=f"c-{n}") for n in range(2)]
    for run in runs:
        desk.triage(run)
    repeat = runs[1][0]
    assert stored(conn, repeat)["duplicate_of"] == runs[0][0]
    page = visitor.log_in(desk.AGENT, f"tickets/{repeat}")
    page.get_by_role("button", name="Not a duplicate").click()
    expect(page.get_by_text("it will not be linked again")).to_be_visible()
    expect(page.get_by_role("button", name="Not a duplicate")).to_be_hidden()
    assert stored(conn, repeat)["duplicate_of"] is None


def test_a_duplicate_is_linked_by_hand(visitor: Visitor, conn: Connection) -> None:
    """F-L2: by keys, and taken back."""
    for n in range(3):
        arrange.accepted(conn, subject=f"Printer {n} is on fire")
    ticket, run = arrange.accepted(conn, subject="Smoke in the office")
    journeys.finish(conn, run)
    page = visitor.log_in(desk.AGENT, f"tickets/{ticket}")
    expect(page.get_by_role("button", name="Duplicate of…")).to_be_visible()
    page.keyboard.press("d")
    dialog = page.get_by_role("dialog", name="Which ticket does it repeat?")
    expect(dialog.get_by_role("listitem")).to_have_count(3)
    page.keyboard.type("printer 1")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("listitem")).to_have_count(1)
    visitor.check()
    dialog.get_by_role("button", name="Link to Printer 1 is on fire").click()
    expect(page.get_by_text("Linked as a duplicate")).to_be_visible()
    expect(page.get_by_role("link", name="Printer 1 is on fire")).to_be_visible()
    assert stored(conn, ticket)["duplicate_of"] is not None
    page.keyboard.press("z")
    expect(page.get_by_text("No longer linked", exact=True)).to_be_visible()
    assert stored(conn, ticket)["duplicate_of"] is None


@pytest.mark.parametrize("role", [desk.AGENT, desk.CUSTOMER])
def test_hostile_texts_are_shown_as_text(
    catalog: None, visitor: Visitor, conn: Connection, role: str
) -> None:
    """F-L2"""
    owner = conn.execute("SELECT id FROM accounts WHERE email = %s", (desk.CUSTOMER,)).fetchone()
    run = arrange.accepted(
        conn, subject=desk.HOSTILE[0], body="\n".join(desk.HOSTILE), tags=[desk.HOSTILE[1][:40]],
        customer_id=desk.HOSTILE[3],
    )  # fmt: skip
    conn.execute("UPDATE tickets SET caller = %s", (f"user:{owner['id']}",))
    desk.triage(run)
    page = visitor.log_in(role)
    expect(page.locator(".row-link")).to_have_text(desk.HOSTILE[0])
    visitor.check()
    page.locator(".row-link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(desk.HOSTILE[0])
    expect(page.locator(".written").first).to_contain_text(desk.HOSTILE[1])
    if role == desk.AGENT:
        page.get_by_role("tab", name="Trail").click()
        expect(page.locator(".trail li").first).to_be_visible()
    assert page.evaluate("document.querySelectorAll('main img, main script').length") == 0
    visitor.check()
