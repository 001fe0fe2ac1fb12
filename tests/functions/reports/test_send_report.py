"""Reports on their way to people, by a real mail server that fails in every way."""

import threading
from concurrent.futures import ThreadPoolExecutor
from email.message import EmailMessage
from functools import partial
from http import HTTPStatus
from io import BytesIO
from itertools import count
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from openpyxl import load_workbook

from deskhand.reports import send
from deskhand.store import report_mails
from deskhand.store.connection import Connection, database_url, open_connection
from functions.build_report.handler import handler as build
from functions.deliver_reports.handler import handler as deliver
from functions.send_report.handler import handler
from tests.attributed import HOSTILE, PROBLEM, attributed, unread
from tests.functions.gateway import call
from tests.functions.reports.conftest import RECIPIENTS
from tests.mail_server import LOGIN, Mailbox, mail_server

A, B = RECIPIENTS


def event(run_id: int) -> dict[str, Any]:
    return {"run_id": run_id, "attempt": 1, "retry_count": 0}


def mails(conn: Connection) -> list[dict[str, Any]]:
    return conn.execute("SELECT * FROM report_mails ORDER BY requested_at, recipient").fetchall()


def statuses(conn: Connection) -> list[str]:
    return [row["status"] for row in mails(conn)]


def parts(mail: EmailMessage) -> dict[str, Any]:
    return {part.get_content_type(): part for part in mail.walk() if not part.is_multipart()}


def text(mail: EmailMessage, kind: str = "text/plain") -> str:
    return str(parts(mail)[kind].get_content())


def earlier(conn: Connection, **changes: Any) -> int:
    """A run that has ended, whose report waits for its mail."""
    run_id = attributed(conn)
    build(event(run_id), None)
    conn.execute(
        "UPDATE runs SET status = 'COMPLETED', finished_at = now() WHERE id = %s", [run_id]
    )
    row = conn.execute("SELECT id FROM reports WHERE run_id = %s", [run_id]).fetchone()
    report_mails.owe(conn, row["id"], [A], "workflow")
    return run_id


def test_each_recipient_gets_a_mail_of_their_own(
    conn: Connection, box: Mailbox, built: int
) -> None:
    """F-J4: text and HTML, the file, what needs a person, and the code that made it."""
    verdict = handler(event(built), None)
    assert verdict == {"sent": 2, "refused": 0, "uncertain": 0, "waiting": 0, "earlier": 0}
    assert sorted(box.recipients) == [A, B]
    assert [mail["To"] for mail in box.mails] == box.recipients
    mail = box.mails[0]
    assert mail["Subject"] == f"Helpdesk requests, run {built}: 9 requests, 2 need a person"
    assert (mail["Auto-Submitted"], mail["X-Deskhand-Repeat"]) == ("auto-generated", None)
    for kind in ("text/plain", "text/html"):
        said = " ".join(text(mail, kind).split())
        report = conn.execute("SELECT id FROM reports").fetchone()["id"]
        for each in (f"Run {built} of", "2 of them need a person", "[Network, Cake] is not in",
                     f"https://desk.example/v1/reports/{report}/file",
                     "https://code.example/deskhand"):  # fmt: skip
            assert each in said, kind
    assert "<b>Ä</b>" in text(mail)
    assert "&lt;b&gt;Ä&lt;/b&gt;" in text(mail, "text/html")
    [attached] = mail.iter_attachments()
    assert attached.get_filename().startswith(f"helpdesk-requests-run-{built}-")
    assert len(load_workbook(BytesIO(attached.get_content())).sheetnames) == 3
    run = conn.execute("SELECT status FROM runs WHERE id = %s", [built]).fetchone()
    assert run["status"] == "COMPLETED"


def test_a_mail_names_what_could_not_be_read(conn: Connection, box: Mailbox) -> None:
    """F-J4: also when no request needs a person."""
    run_id = attributed(conn, HOSTILE[:1])
    unread(conn, run_id, 12)
    build(event(run_id), None)
    handler(event(run_id), None)
    mail = box.mails[0]
    assert mail["Subject"].endswith(": 1 request, 12 need a person")
    for kind in ("text/plain", "text/html"):
        said = text(mail, kind)
        assert f"item 0: {PROBLEM}" in said and f"item 9: {PROBLEM}" in said, kind
        assert "item 10" not in said and "Review" not in said, kind


def test_one_request_is_one(conn: Connection, box: Mailbox) -> None:
    run_id = attributed(conn, [{"outcome": "rejected", "reason": "unknown pair"}])
    build(event(run_id), None)
    handler(event(run_id), None)
    assert box.mails[0]["Subject"].endswith(": 1 request, 1 needs a person")
    assert "1 of them needs a person." in text(box.mails[0])


def test_what_was_sent_is_recorded(conn: Connection, box: Mailbox, built: int) -> None:
    """F-J5, F-J6: sender, recipient, time, status, the server's confirmation, the size."""
    handler(event(built), None)
    for row in mails(conn):
        assert (row["status"], row["tries"], row["error"]) == ("sent", 1, None)
        assert row["sender"] == "desk@example.com"
        assert row["reply"].startswith("2.0.0 Ok: queued as")
        assert row["sent_at"] >= row["data_started_at"]
    ids = {f"<{row['id']}@example.com>" for row in mails(conn)}
    assert {mail["Message-ID"] for mail in box.mails} == ids
    seen = conn.execute("SELECT data::text AS data FROM events WHERE kind = 'report.sent'")
    assert all("example.com" not in row["data"] for row in seen.fetchall())


def test_a_second_call_sends_nothing(conn: Connection, box: Mailbox, built: int) -> None:
    """F-J5"""
    assert handler(event(built), None) == handler(event(built), None)
    assert deliver({"due_now": True}, None) == {"sent": 0}
    assert len(box.mails) == 2


def test_two_at_once_send_each_mail_once(conn: Connection, box: Mailbox, built: int) -> None:
    """F-J5"""
    ready = threading.Barrier(4)

    def go(_: int) -> None:
        with open_connection(database_url()) as own:
            ready.wait()
            send.send_report(own, built)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(go, range(4)))
    assert sorted(box.recipients) == [A, B]


def test_a_recipient_who_is_refused_does_not_hold_up_the_other(
    conn: Connection, box: Mailbox, built: int
) -> None:
    """F-J4: also told apart from one who is refused for now."""
    box.faults = {f"RCPT {A}": "550 5.1.1 a@example.com unknown"}
    assert handler(event(built), None)["refused"] == 1
    assert [(m["status"], m["error"]) for m in mails(conn)] == [
        ("refused", "550 5.1.1 at recipient"), ("sent", None)
    ]  # fmt: skip
    deliver({"due_now": True}, None)
    assert box.recipients == [B]


def test_all_refused_for_now_are_tried_again_after_a_minute(
    conn: Connection, box: Mailbox, built: int
) -> None:
    """F-J5"""
    box.faults = {"RCPT": "451 4.7.1 greylisted"}
    assert handler(event(built), None)["waiting"] == 2
    assert deliver({}, None) == {"sent": 0}
    waits = conn.execute(
        "SELECT extract(epoch FROM next_try_at - now())::float8 AS s FROM report_mails"
    )
    assert all(50 < row["s"] <= 60 for row in waits.fetchall())
    box.faults = {}
    assert deliver({"due_now": True}, None) == {"sent": 2}
    assert [row["tries"] for row in mails(conn)] == [2, 2]


def test_after_four_days_a_mail_is_given_up(conn: Connection, box: Mailbox, built: int) -> None:
    box.faults = {"RCPT": "451 later"}
    handler(event(built), None)
    conn.execute("UPDATE report_mails SET requested_at = now() - interval '97 hours'")
    deliver({"due_now": True}, None)
    assert statuses(conn) == ["refused", "refused"]


@pytest.mark.parametrize("fault", ["TEXT", "CONFIRM"])
def test_a_lost_reply_leads_to_one_resend_that_says_so(
    conn: Connection, box: Mailbox, built: int, told: Any, fault: str
) -> None:
    """F-J5: the same Message-ID, a header and the subject."""
    told(REPORT_RECIPIENTS=A)
    box.faults = {fault: "drop"}
    assert handler(event(built), None)["waiting"] == 1
    box.faults = {}
    assert deliver({"due_now": True}, None) == {"sent": 1}
    last = box.mails[-1]
    assert (last["X-Deskhand-Repeat"], last["Subject"][-19:]) == ("1", "(possibly repeated)")
    assert "may have reached you before" in text(last)
    assert len({mail["Message-ID"] for mail in box.mails}) == 1
    assert len(box.mails) == 1 + (fault == "CONFIRM")


def test_a_reply_that_is_lost_twice_is_for_a_person(
    conn: Connection, box: Mailbox, built: int, dead: str, told: Any
) -> None:
    """F-J5: shown among the failures until it is sent again; never a third copy by itself."""
    told(REPORT_RECIPIENTS=A)
    box.faults = {"CONFIRM": "drop"}
    handler(event(built), None)
    for _ in range(3):
        deliver({"due_now": True}, None)
    assert (statuses(conn), len(box.mails)) == (["uncertain"], 2)
    [group] = call("GET", "/admin/failures").body["groups"]
    row = mails(conn)[0]
    assert (group["source"], group["step"]) == ("mail", "send_report")
    assert group["error"] == "MailUncertain"
    assert group["example"] == {
        "report_id": str(row["report_id"]), "mail_id": str(row["id"]),
        "reason": "SMTPServerDisconnected at text",
    }  # fmt: skip
    assert group["run_ids"] == [built]
    box.faults = {}
    sent = call("POST", f"/reports/{row['report_id']}/send", {"recipients": [A]})
    assert sent.status == HTTPStatus.ACCEPTED
    assert deliver({}, None) == {"sent": 1}
    assert call("GET", "/admin/failures").body["groups"] == []


def killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def test_a_function_killed_between_the_reply_and_its_record(
    conn: Connection, box: Mailbox, built: int, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-J5: one flagged resend after its lease; never a silent loss."""
    told(REPORT_RECIPIENTS=A)
    with monkeypatch.context() as patched:
        patched.setattr(report_mails, "mark_sent", killed)
        with pytest.raises(KeyboardInterrupt):
            handler(event(built), None)
    assert deliver({"due_now": True}, None) == {"sent": 0}, "its lease still holds"
    conn.execute("UPDATE report_mails SET lease_until = now() WHERE status = 'sending'")
    deliver({}, None)
    assert deliver({"due_now": True}, None) == {"sent": 1}
    first, second = box.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert (first["X-Deskhand-Repeat"], second["X-Deskhand-Repeat"]) == (None, "1")
    assert handler(event(built), None)["sent"] == 1


def test_a_function_killed_before_the_text_repeats_nothing(
    conn: Connection, box: Mailbox, built: int, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-J5"""
    told(REPORT_RECIPIENTS=A)
    with monkeypatch.context() as patched:
        patched.setattr(report_mails, "start_data", killed)
        with pytest.raises(KeyboardInterrupt):
            handler(event(built), None)
    conn.execute("UPDATE report_mails SET lease_until = now()")
    deliver({}, None)
    assert deliver({"due_now": True}, None) == {"sent": 1}
    [mail] = box.mails
    assert mail["X-Deskhand-Repeat"] is None


def test_a_mail_whose_lease_was_lost_is_not_sent(
    conn: Connection, box: Mailbox, built: int, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    told(REPORT_RECIPIENTS=A)
    monkeypatch.setattr(report_mails, "LEASE_SECONDS", -1)
    assert handler(event(built), None)["waiting"] == 1
    assert box.mails == []


def test_what_waits_from_before_goes_first_and_blocks_nobody(
    conn: Connection, box: Mailbox, told: Any
) -> None:
    """F-J5: one poisoned report beside it."""
    poisoned, waiting = earlier(conn), earlier(conn)
    row = conn.execute("SELECT object_key FROM reports WHERE run_id = %s", [poisoned]).fetchone()
    boto3.client("s3").put_object(Bucket="the-reports", Key=row["object_key"], Body=b"other")
    run_id = attributed(conn)
    build(event(run_id), None)
    verdict = handler(event(run_id), None)
    assert (verdict["sent"], verdict["earlier"]) == (2, 1)
    runs = [mail["Subject"].split(":")[0].split()[-1] for mail in box.mails]
    assert runs == [str(waiting), str(run_id), str(run_id)]
    first = mails(conn)[0]
    assert (first["status"], first["error"]) == (
        "refused", "its file in the bucket has changed",
    )  # fmt: skip


def test_a_defect_of_ours_holds_up_one_mail_only(conn: Connection, box: Mailbox, told: Any) -> None:
    """F-J5: the row of a report that the templates cannot show."""
    broken = earlier(conn)
    conn.execute("UPDATE reports SET review = '[{}]' WHERE run_id = %s", [broken])
    run_id = attributed(conn)
    build(event(run_id), None)
    assert handler(event(run_id), None)["sent"] == 2
    first = mails(conn)[0]
    assert (first["status"], first["error"], first["repeated"]) == ("owed", "UndefinedError", False)


def test_what_hangs_from_before_takes_no_time_of_the_new_report(
    conn: Connection, box: Mailbox, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-J5: the earlier half ends with a mail that outlasts it; the new one has its own time."""
    poisoned = [earlier(conn), earlier(conn)]
    told(REPORT_RECIPIENTS=B)
    run_id = attributed(conn)
    build(event(run_id), None)
    box.faults = {f"RCPT {A}": "451 later"}
    # Each look at the clock takes ten seconds: of each half, only the first one is within its time.
    monkeypatch.setattr(send, "time", SimpleNamespace(monotonic=partial(next, count(0, 10))))
    assert handler(event(run_id), None)["sent"] == 1
    assert box.recipients == [B]
    tried = conn.execute(
        "SELECT count(*) AS n FROM report_mails JOIN reports ON reports.id = report_id"
        " WHERE run_id = ANY (%s) AND tries > 0",
        [poisoned],
    ).fetchone()
    assert tried["n"] == 1


def test_a_sender_that_is_refused_is_no_refused_recipient(
    conn: Connection, box: Mailbox, built: int
) -> None:
    """F-J4: the mails wait until somebody corrects MAIL_FROM, or the server."""
    box.faults = {"MAIL": "550 5.7.1 desk@example.com may not send"}
    verdict = handler(event(built), None)
    assert (verdict["refused"], verdict["waiting"]) == (0, 2)
    assert "550 5.7.1 at sender" in {row["error"] for row in mails(conn)}
    box.faults = {}
    assert deliver({"due_now": True}, None) == {"sent": 2}


def test_a_wrong_password_stops_all_for_a_while(
    conn: Connection, box: Mailbox, built: int, told: Any
) -> None:
    """F-J4: one try, a clear error, and the run ends."""
    with mail_server(login=True) as locked:
        told(SMTP_PORT=locked.port, SMTP_USER=LOGIN[0], SMTP_PASSWORD="wrong")
        assert handler(event(built), None)["waiting"] == 2
        assert deliver({}, None) == {"sent": 0}
        assert locked.connections <= 3, "the server of the tests is asked once when it starts"
        for row in mails(conn):
            assert "check SMTP_USER and SMTP_PASSWORD" in row["error"]
        told(SMTP_PASSWORD=LOGIN[1])
        assert deliver({"due_now": True}, None) == {"sent": 2}


def test_without_a_server_the_run_ends_and_the_mails_wait(
    conn: Connection, box: Mailbox, built: int, told: Any
) -> None:
    told(SMTP_HOST="")
    assert handler(event(built), None)["waiting"] == 2
    assert "SMTP_HOST or MAIL_FROM is not set" in {row["error"] for row in mails(conn)}


def test_without_recipients_nothing_is_sent(
    conn: Connection, box: Mailbox, built: int, told: Any
) -> None:
    told(REPORT_RECIPIENTS="")
    assert set(handler(event(built), None).values()) == {0}


def test_a_file_above_the_limit_is_linked(
    conn: Connection, box: Mailbox, built: int, told: Any
) -> None:
    """F-J4: the limit counts the mail as it is encoded."""
    size = conn.execute("SELECT bytes FROM reports").fetchone()["bytes"]
    conn.execute("UPDATE reports SET bytes = 750000")
    told(MAIL_MAX_MB=1, REPORT_RECIPIENTS=A)
    handler(event(built), None)
    [mail] = box.mails
    assert list(mail.iter_attachments()) == []
    assert "too large for a mail" in text(mail)
    assert "/file" in text(mail) and "/file" in text(mail, "text/html")
    assert mails(conn)[0]["bytes"] < size


def test_a_server_that_takes_only_small_mails_gets_the_link(
    conn: Connection, box: Mailbox, built: int, told: Any
) -> None:
    """F-J4: 552 at SIZE."""
    with mail_server(largest=9_000) as small:
        told(SMTP_PORT=small.port, REPORT_RECIPIENTS=A)
        assert handler(event(built), None)["sent"] == 1
        [row] = mails(conn)
        assert (row["linked"], row["tries"], len(small.mails)) == (True, 2, 1)


def test_a_server_that_takes_not_even_the_link_refuses(
    conn: Connection, box: Mailbox, built: int, told: Any
) -> None:
    box.faults = {"MAIL": "552 5.3.4 too big"}
    assert handler(event(built), None)["refused"] == 2


def test_an_international_domain_is_encoded(
    conn: Connection, box: Mailbox, built: int, told: Any
) -> None:
    """F-J4"""
    told(REPORT_RECIPIENTS="x@bücher.de,y@straße.example")
    handler(event(built), None)
    assert box.recipients == ["x@xn--bcher-kva.de", "y@xn--strae-oqa.example"]
    assert [mail["To"] for mail in box.mails] == box.recipients


def test_the_sizes_of_file_and_mail_are_logged(
    conn: Connection, box: Mailbox, built: int, caplog: pytest.LogCaptureFixture
) -> None:
    """F-J4"""
    handler(event(built), None)
    said = [vars(each) for each in caplog.records if each.message == "sending a report"]
    report = conn.execute("SELECT bytes FROM reports").fetchone()
    assert {(each["file_bytes"], each["attached"]) for each in said} == {(report["bytes"], True)}
    assert sorted(each["bytes"] for each in said) == sorted(row["bytes"] for row in mails(conn))


def test_no_log_has_an_address(
    conn: Connection, box: Mailbox, built: int, caplog: pytest.LogCaptureFixture
) -> None:
    """F-J4"""
    box.faults = {f"RCPT {A}": "550 5.1.1 a@example.com unknown"}
    handler(event(built), None)
    ours = [vars(record) for record in caplog.records if record.name == "deskhand"]
    assert {"report sent", "report not sent"} <= {record["msg"] for record in ours}
    assert "example.com" not in str(ours)
