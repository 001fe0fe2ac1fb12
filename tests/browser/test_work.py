"""Work at the console: reviews by keyboard, new tickets, articles, replays, accounts, figures."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from deskhand.store.connection import Connection
from functions.import_articles.handler import handler as import_articles
from functions.publish_metrics.handler import handler as publish_metrics
from tests import arrange, journeys
from tests.browser import desk
from tests.browser.visitor import Visitor

expect.set_options(timeout=60_000)


@pytest.fixture(autouse=True)
def staffed(conn: Connection) -> None:
    """People have accounts."""
    desk.staffed(conn)


def rows(conn: Connection, query: str) -> list[dict[str, Any]]:
    return conn.execute(query.encode()).fetchall()


def test_ten_reviews_by_keyboard_with_one_taken_back(
    catalog: None, visitor: Visitor, conn: Connection
) -> None:
    """F-L2"""
    for n in range(10):
        run = arrange.accepted(conn, subject=f"Odd thing {n}", body=f"Purple elephants {n}")
        journeys.finish(conn, run[1])
    conn.execute(
        "UPDATE tickets SET needs_review = true, confidence = 0.3,"
        " review_reasons = '{low_confidence,draft_refused}'"
    )
    page = visitor.log_in(desk.AGENT, "review")
    expect(page.get_by_text("0 of 10")).to_be_visible()
    reasons = page.get_by_role("list", name="Why it needs a person").get_by_role("listitem")
    expect(reasons).to_have_text(
        ["triage is not sure enough", "the review refused the proposed reply"]
    )
    expect(page.get_by_role("button", name="Network › VPN access")).to_be_visible()
    visitor.check()
    subject = page.locator(".review-subject")
    first = subject.text_content()
    page.keyboard.press("a")
    expect(page.get_by_text("1 of 10")).to_be_visible()
    expect(subject).not_to_have_text(str(first))
    page.keyboard.press("z")
    expect(page.get_by_text("0 of 10")).to_be_visible()
    assert rows(conn, "SELECT 1 FROM corrections") == []
    page.keyboard.press("s")
    expect(subject).not_to_have_text(str(first))
    for done in range(1, 11):
        expect(page.get_by_role("button", name="Network › VPN access")).to_be_visible()
        page.keyboard.press("1")
        expect(page.get_by_text(f"{done} of 10")).to_be_visible()
    expect(page.get_by_text("All are reviewed")).to_be_visible()
    # Who leaves the page sends the last decision, which could have been taken back until then.
    page.get_by_role("link", name="Queue").click()
    expect(page.locator(".tag.attention")).to_have_count(0)
    page.reload()
    expect(page.locator(".row-link")).to_have_count(10)
    assert rows(conn, "SELECT count(*) AS n FROM tickets WHERE needs_review")[0]["n"] == 0
    assert len(rows(conn, "SELECT 1 FROM corrections")) == 10


def test_a_customer_hands_a_ticket_in_once(visitor: Visitor, conn: Connection) -> None:
    """F-L2 F-B1: two clicks, a reload before them; nothing that is written gets lost."""
    page = visitor.log_in(desk.CUSTOMER)
    page.get_by_role("link", name="New ticket").click()
    page.get_by_label("Subject").fill("My chair squeaks")
    page.get_by_label("Description").fill("Since Monday.")
    page.reload()
    expect(page.get_by_label("Subject")).to_have_value("My chair squeaks")
    visitor.check()
    page.get_by_role("button", name="Send").dblclick()
    expect(page.get_by_role("heading", name="My chair squeaks")).to_be_visible()
    expect(page.get_by_role("listitem").filter(has_text="received")).to_be_visible()
    assert page.get_by_text("Confidence").count() == 0
    visitor.check()
    [ticket] = rows(conn, "SELECT subject, channel FROM tickets")
    assert ticket == {"subject": "My chair squeaks", "channel": "console"}
    page.get_by_role("link", name="My tickets").click()
    expect(page.get_by_role("link", name="My chair squeaks")).to_be_visible()


def test_a_wrong_field_is_named_where_it_is(visitor: Visitor) -> None:
    visitor.expected = {422}
    page = visitor.log_in(desk.CUSTOMER, "new")
    page.get_by_label("Subject").fill("   ")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_label("Subject")).to_have_attribute("aria-invalid", "true")
    visitor.check()


def test_an_article_is_written_found_and_deleted(visitor: Visitor, conn: Connection) -> None:
    """F-L2"""
    page = visitor.log_in(desk.AGENT, "knowledge")
    page.get_by_role("link", name="New article").click()
    page.get_by_label("Name in addresses").fill("squeaking-chair")
    page.get_by_label("Title").fill("A chair squeaks")
    page.get_by_label("Text, in Markdown").fill("## Oil\n\nOil it. <script>alert(1)</script>")
    page.get_by_role("button", name="Readers").click()
    page.get_by_role("option", name="everyone").click()
    page.get_by_role("button", name="Preview").click()
    seen = page.get_by_role("region", name="Preview: A chair squeaks")
    expect(seen.get_by_role("heading", name="Oil")).to_be_visible()
    assert rows(conn, "SELECT 1 FROM articles") == []
    visitor.check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="A chair squeaks", level=1)).to_be_visible()
    expect(page.get_by_text("Oil it.")).to_be_visible()
    assert rows(conn, "SELECT readers FROM articles") == [{"readers": "everyone"}]
    visitor.check()
    visitor.open("knowledge?q=oil+the+squeaking+chair")
    expect(page.get_by_text("Oil it.")).to_be_visible()
    page.get_by_role("link", name="A chair squeaks").or_(page.locator(".card a")).first.click()
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page.get_by_text("There are no articles yet")).to_be_visible()
    assert rows(conn, "SELECT 1 FROM articles") == []


def test_a_failure_is_replayed_after_a_dry_run(visitor: Visitor, conn: Connection) -> None:
    """F-L2 F-C4"""
    _, run_id = arrange.accepted(conn, subject="It fails")
    journeys.step(conn, run_id, 1, "validate_ticket")
    journeys.fail(conn, run_id)
    page = visitor.log_in(desk.ADMIN, "failures")
    page.get_by_role("button", name="Replay…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("This drives 1 run again")).to_be_visible()
    visitor.check()
    state = "SELECT status, attempt FROM runs"
    assert rows(conn, state) == [{"status": "FAILED", "attempt": 1}]
    dialog.get_by_role("button", name="Replay", exact=True).click()
    expect(page.get_by_text("Nothing has failed")).to_be_visible()
    assert rows(conn, state) == [{"status": "PENDING", "attempt": 2}]


def test_an_agent_has_no_way_to_failures(visitor: Visitor) -> None:
    page = visitor.log_in(desk.AGENT, "failures")
    expect(page.get_by_text("It needs the role admin; yours is agent.")).to_be_visible()
    expect(page.get_by_role("link", name="Failures")).to_have_count(0)
    visitor.check()


def test_a_person_is_invited_and_another_one_locked(
    catalog: None, visit: Callable[..., Visitor], conn: Connection
) -> None:
    """F-L2"""
    visitor = visit()
    page = visitor.log_in(desk.ADMIN, "admin")
    invitations = page.get_by_role("region", name="Invitations")
    invitations.get_by_label("E-mail address").fill("new@example.com")
    invitations.get_by_role("button", name="Invite").click()
    dialog = page.get_by_role("dialog")
    link = str(dialog.locator("code").text_content())
    visitor.check()
    guest = visit()
    guest.page.goto(link)
    expect(guest.page.get_by_label("E-mail address")).to_have_value("new@example.com")
    dialog.get_by_role("button", name="Close").click()
    page.get_by_role("button", name=f"Lock {desk.AGENT}").click()
    expect(page.get_by_text(f"{desk.AGENT} is locked")).to_be_visible()
    [row] = rows(conn, "SELECT disabled FROM accounts WHERE role = 'agent'")
    assert row["disabled"]


def test_every_figure_leads_to_its_tickets(
    catalog: None, visitor: Visitor, conn: Connection
) -> None:
    """F-L2 F-L1"""
    for n in range(3):
        journeys.finish(conn, arrange.accepted(conn, subject=f"Ticket {n}")[1])
    publish_metrics({}, None)
    page = visitor.log_in(desk.AGENT, "insights")
    created = page.get_by_role("region", name="Created", exact=True)
    expect(created.locator(".figure-value")).to_have_text("3")
    # Too little is known: no figure is made up.
    kept = page.get_by_role("region", name="Promises kept")
    expect(kept.locator(".figure-value")).to_contain_text("unknown")
    page.get_by_role("button", name="As a table").click()
    expect(page.get_by_role("columnheader", name="Reopened")).to_be_visible()
    visitor.check()
    created.get_by_role("link").click()
    expect(page.locator(".row-link")).to_have_count(3)
    expect(page.get_by_text("3 tickets")).to_be_visible()


def test_a_catalog_is_checked_before_it_is_loaded(
    catalog: None, visitor: Visitor, conn: Connection
) -> None:
    """F-L2: what is wrong is named with its place, and the catalog in force stays."""
    page = visitor.log_in(desk.ADMIN, "admin")
    before = rows(conn, "SELECT version, active FROM catalogs")
    text = page.get_by_label("Catalog, as YAML or JSON")
    text.fill("service_catalog:\n  catalog:\n    - category: Network\n")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("It would be refused")).to_be_visible()
    expect(page.get_by_role("heading", name="Errors")).to_be_visible()
    # Nothing is half behind the bar at the top.
    page.evaluate("scrollTo(0, 0)")
    visitor.check()
    text.fill(Path("localstack/samples/catalog.yaml").read_text())
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_text("It can be loaded")).to_be_visible()
    page.evaluate("scrollTo(0, 0)")
    visitor.check()
    assert rows(conn, "SELECT version, active FROM catalogs") == before


def test_a_requester_finds_articles_while_writing(visitor: Visitor, conn: Connection) -> None:
    """F-L2: those for everyone only, and without comments."""
    put_article("squeaking-chair", "everyone")
    put_article("squeaking-chair-spares", "staff")
    page = visitor.log_in(desk.CUSTOMER, "new")
    page.get_by_label("Subject").fill("My chair squeaks loudly")
    found = page.get_by_role("region", name="Does one of these help?").get_by_role("link")
    expect(found).to_have_count(1)
    expect(found).to_contain_text("A chair squeaks")
    visitor.check()
    visitor.open("knowledge/squeaking-chair")
    expect(page.get_by_role("heading", name="A chair squeaks", level=1)).to_be_visible()
    expect(page.get_by_role("link", name="Edit")).to_have_count(0)
    assert page.get_by_text("KILO").count() == 0
    visitor.check()
    visitor.expected = {404}
    visitor.open("knowledge/squeaking-chair-spares")
    expect(page.get_by_text("there is no such article")).to_be_visible()
    # What was written is still there.
    visitor.open("new")
    expect(page.get_by_label("Subject")).to_have_value("My chair squeaks loudly")


def put_article(slug: str, readers: str) -> None:
    """An article about a chair."""
    body = f"---\nreaders: {readers}\n---\n# A chair squeaks\n\nOil the chair.\n\n<!-- KILO -->"
    import_articles({"articles": [{"slug": slug, "body": body}]}, None)
