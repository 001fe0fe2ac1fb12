"""Files: lists and findings that the browser saves, and exports of old tickets that it sends."""

import io
from typing import Any

import pytest
from playwright.sync_api import expect
from python_calamine import CalamineWorkbook

from deskhand.store.connection import Connection
from functions.write_exports.handler import handler as write_exports
from tests import arrange
from tests.browser import desk
from tests.browser.visitor import Visitor
from tests.functions.audits.exports import work

expect.set_options(timeout=60_000)
OLD = (
    "Nr;What happened;Queue;Request type;Opened",
    "1;The tunnel drops at home;Network;VPN access;03/04/2026",
    '2;=HYPERLINK("https://evil.example");Workplace;Monitor;05/04/2026',
    "3;The screen flickers;Workplace;Monitor;06/04/2026",
)


@pytest.fixture(autouse=True)
def staffed(conn: Connection, bucket: str) -> None:
    """People have accounts, and files a bucket."""
    desk.staffed(conn)


def table(saved: bytes, sheet: int = 0) -> list[list[Any]]:
    """The rows of a workbook."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(saved))
    return book.get_sheet_by_index(sheet).to_python()


def test_an_exported_file_has_the_tickets_of_the_list(visitor: Visitor, conn: Connection) -> None:
    """F-L2 F-L3"""
    for n in range(30):
        arrange.accepted(conn, subject=f"=SUM({n})", priority="high" if n % 10 else "low")
    page = visitor.log_in(desk.AGENT, "tickets?priority=high&sort=age")
    expect(page.get_by_text("27 tickets")).to_be_visible()
    expect(page.locator(".row-link")).to_have_count(25)
    listed = page.locator(".row-link").all_text_contents()
    page.get_by_role("link", name="Next page").click()
    expect(page.locator(".row-link")).to_have_count(2)
    listed += page.locator(".row-link").all_text_contents()
    page.get_by_role("button", name="Export…").click()
    dialog = page.get_by_role("dialog", name="Export this list")
    expect(dialog.get_by_text("27 tickets, as")).to_be_visible()
    visitor.check()
    dialog.get_by_role("button", name="Export").click()
    expect(dialog.get_by_text("It begins within a minute")).to_be_visible()
    with visitor.site.process:
        write_exports({}, None)
    expect(dialog.get_by_text("The file has 27 tickets.")).to_be_visible()
    header, *rows = table(visitor.saved("Save the file"))
    assert sorted(row[header.index("subject")] for row in rows) == sorted(listed)
    visitor.check()
    assert page.url.startswith(visitor.site.console), "the page stays"


def test_old_tickets_are_audited_after_a_look_at_their_columns(
    catalog: None, visitor: Visitor, conn: Connection
) -> None:
    """F-L2 F-J7"""
    page = visitor.log_in(desk.ADMIN, "reports")
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Audit a file…").click()
    sent = {"name": "old.csv", "mimeType": "text/csv", "buffer": "\n".join(OLD).encode()}
    chooser.value.set_files(sent)  # type: ignore[arg-type] # a FilePayload
    dialog = page.get_by_role("dialog", name="Audit old.csv")
    expect(dialog.get_by_role("button", name="Audit", exact=True)).to_be_disabled()
    visitor.check()
    dialog.locator("summary").click()
    for field, column in (("Subject", "What happened"), ("Category", "Queue")):
        dialog.get_by_role("button", name=field).click()
        page.get_by_role("option", name=column).click()
        expect(dialog.get_by_role("button", name=field)).to_contain_text(column)
    dialog.get_by_role("button", name="Created at").click()
    page.get_by_role("option", name="Opened").click()
    dialog.get_by_role("button", name="In its dates stands first").click()
    page.get_by_role("option", name="the day").click()
    expect(dialog.get_by_role("cell", name=OLD[2].split(";")[1])).to_be_visible()
    expect(dialog.get_by_role("cell", name="2026-04-03")).to_be_visible()
    visitor.check()
    dialog.get_by_role("button", name="Audit", exact=True).click()
    audits = page.get_by_role("region", name="Audits of old tickets")
    expect(audits.get_by_text("waiting")).to_be_visible()
    with visitor.site.process:
        work()
    expect(audits.get_by_text("done")).to_be_visible()
    summary = {row[0]: row[1] for row in table(visitor.saved("Save the findings")) if row[1:]}
    assert summary["tickets"] == 3
    visitor.check()
    audits.get_by_role("button", name="Delete the audit").click()
    expect(audits.get_by_text("Nothing was audited yet")).to_be_visible()
    assert conn.execute("SELECT 1 FROM tickets").fetchall() == []


def test_a_run_is_started_now(catalog: None, visitor: Visitor, conn: Connection) -> None:
    """F-L2 F-J1"""
    page = visitor.log_in(desk.ADMIN, "reports")
    page.get_by_role("button", name="Run now").click()
    expect(page.get_by_text("A run has begun")).to_be_visible()
    expect(page.get_by_role("cell", name="pending")).to_be_visible()
    visitor.check()
    assert len(conn.execute("SELECT 1 FROM attribution_runs").fetchall()) == 1
