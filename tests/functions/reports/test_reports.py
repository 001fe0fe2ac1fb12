"""Reports over HTTP: listed, downloaded, sent again."""

from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest

from deskhand.store.connection import Connection
from functions.build_report.handler import handler as build
from functions.deliver_reports.handler import handler as deliver
from functions.send_report.handler import handler as send
from tests.attributed import attributed
from tests.functions.gateway import call
from tests.functions.reports.conftest import RECIPIENTS
from tests.mail_server import Mailbox


def event(run_id: int) -> dict[str, Any]:
    return {"run_id": run_id, "attempt": 1, "retry_count": 0}


def report_id(conn: Connection) -> str:
    return str(conn.execute("SELECT id FROM reports").fetchone()["id"])


def test_the_list_says_who_was_sent_what_and_when(
    conn: Connection, box: Mailbox, built: int
) -> None:
    """F-J6: sender, recipients, time, status, counts."""
    box.faults = {"RCPT a@example.com": "550 5.1.1 no"}
    send(event(built), None)
    answer = call("GET", "/reports")
    [report] = answer.body["reports"]
    assert (report["run_id"], report["rows"]) == (built, 9)
    assert report["counts"]["fetched"] == 9
    mails = {mail["recipient"]: mail for mail in report["mails"]}
    assert mails["a@example.com"]["status"] == "refused"
    assert mails["a@example.com"]["error"] == "550 5.1.1 at recipient"
    sent = mails["b@example.com"]
    assert (sent["status"], sent["sender"]) == ("sent", "desk@example.com")
    assert sent["requested_by"] == "workflow" and sent["sent_at"]


def test_pages_go_from_the_newest(conn: Connection, bucket: str) -> None:
    """F-J6"""
    runs = []
    for _ in range(3):
        runs.append(attributed(conn, ()))
        build(event(runs[-1]), None)
        conn.execute(
            "UPDATE runs SET status = 'COMPLETED', finished_at = now() WHERE finished_at IS NULL"
        )
    first = call("GET", "/reports", query={"limit": "2"}).body
    rest = call("GET", "/reports", query={"cursor": first["next_cursor"]}).body
    seen = [report["run_id"] for page in (first, rest) for report in page["reports"]]
    assert (seen, rest["next_cursor"]) == (runs[::-1], None)


@pytest.mark.parametrize("query", [{"limit": "0"}, {"cursor": "x"}, {"from": "1"}])
def test_a_wrong_parameter_is_named(conn: Connection, query: dict[str, str]) -> None:
    answer = call("GET", "/reports", query=query)
    assert answer.status == HTTPStatus.BAD_REQUEST
    assert [each["pointer"] for each in answer.body["errors"]] == list(query)


def test_the_file_is_a_redirect_for_a_minute(conn: Connection, bucket: str, built: int) -> None:
    """F-J6"""
    answer = call("GET", f"/reports/{report_id(conn)}/file")
    assert answer.status == HTTPStatus.FOUND
    there = urlsplit(answer.headers["Location"])
    asked = parse_qs(there.query)
    assert bucket in there.netloc + there.path and "reports/helpdesk-requests-run-" in there.path
    assert asked["X-Amz-Expires"] == ["60"]
    assert asked["response-content-disposition"][0].startswith("attachment; filename=")


def test_a_page_gets_the_file_s_link_as_json(conn: Connection, bucket: str, built: int) -> None:
    """F-J6 F-L2: it cannot read where a redirect leads."""
    path = f"/reports/{report_id(conn)}/file"
    answer = call("GET", path, query={"redirect": "false"})
    assert (answer.status, list(answer.body)) == (HTTPStatus.OK, ["url"])
    assert bucket in answer.body["url"] and "X-Amz-Expires=60" in answer.body["url"]
    wrong = call("GET", path, query={"redirect": "no"})
    assert (wrong.status, wrong.body["errors"][0]["pointer"]) == (400, "redirect")


def test_a_file_that_is_no_longer_kept_is_not_found(
    conn: Connection, bucket: str, built: int, told: Any
) -> None:
    told(REPORT_DAYS=30)
    conn.execute("UPDATE reports SET created_at = now() - interval '31 days'")
    for wanted in (report_id(conn), uuid4()):
        assert call("GET", f"/reports/{wanted}/file").status == HTTPStatus.NOT_FOUND
    assert call("GET", "/reports/x/file").status == HTTPStatus.BAD_REQUEST


def test_a_report_is_sent_again_on_request(conn: Connection, box: Mailbox, built: int) -> None:
    """F-J5: a new mail with its requester, by the next delivery."""
    send(event(built), None)
    box.mails.clear()
    answer = call("POST", f"/reports/{report_id(conn)}/send", {"recipients": ["c@bücher.de"]})
    assert answer.status == HTTPStatus.ACCEPTED
    [mail] = answer.body["mails"]
    assert mail["recipient"] == "c@bücher.de"
    assert deliver({}, None) == {"sent": 1}
    assert [each["To"] for each in box.mails] == ["c@xn--bcher-kva.de"]
    assert box.mails[0]["X-Deskhand-Repeat"] is None
    row = conn.execute("SELECT * FROM report_mails WHERE id = %s", [mail["id"]]).fetchone()
    assert (row["requested_by"], row["status"]) == ("anonymous", "sent")


def test_without_recipients_the_configured_ones_get_it(
    conn: Connection, box: Mailbox, built: int, told: Any
) -> None:
    """F-J5"""
    path = f"/reports/{report_id(conn)}/send"
    answer = call("POST", path)
    assert [mail["recipient"] for mail in answer.body["mails"]] == list(RECIPIENTS)
    told(REPORT_RECIPIENTS="")
    refused = call("POST", path, {})
    assert refused.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert refused.body["errors"][0]["pointer"] == "/recipients"


def test_a_repeat_with_its_key_sends_no_second_mail(
    conn: Connection, box: Mailbox, built: int
) -> None:
    path, key = f"/reports/{report_id(conn)}/send", {"Idempotency-Key": "k-1"}
    first, second = (call("POST", path, {}, headers=key) for _ in range(2))
    assert first.text == second.text
    assert second.headers["Idempotency-Replayed"] == "true"
    assert deliver({}, None) == {"sent": 2}


@pytest.mark.parametrize(
    "recipients",
    [[], ["x"], ["a@b.example\r\nBcc: c@d.example"], ["A <a@b.example>"], ["ä@b.example"],
     ["a@b.example"] * 51, [f"{'a' * 250}@b.example"], "a@b.example"],
)  # fmt: skip
def test_what_is_no_address_is_refused(
    conn: Connection, bucket: str, built: int, recipients: Any
) -> None:
    answer = call("POST", f"/reports/{report_id(conn)}/send", {"recipients": recipients})
    assert answer.status == HTTPStatus.UNPROCESSABLE_ENTITY
    assert all(each["pointer"].startswith("/recipients") for each in answer.body["errors"])
    assert conn.execute("SELECT FROM report_mails").rowcount == 0


def test_a_report_that_does_not_exist(conn: Connection, bucket: str) -> None:
    for wanted, status in ((uuid4(), HTTPStatus.NOT_FOUND), ("x", HTTPStatus.BAD_REQUEST)):
        answer = call("POST", f"/reports/{wanted}/send", {"recipients": ["a@b.example"]})
        assert answer.status == status
