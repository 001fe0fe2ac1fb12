"""The function that sends what waits, killed in the middle, and its metrics."""

import os
import signal
import subprocess
import sys
from typing import Any

import pytest

from deskhand.store import metrics
from deskhand.store.connection import Connection
from functions.deliver_reports.handler import handler
from functions.send_report.handler import handler as send
from tests.mail_server import Mailbox

DELIVER = "from functions.deliver_reports.handler import handler; print(handler({}, None))"


def in_process() -> subprocess.Popen[str]:
    """The function in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-c", DELIVER], env=environment, text=True, stdout=subprocess.DEVNULL
    )


def test_a_process_killed_after_the_server_took_the_mail(
    conn: Connection, box: Mailbox, built: int, told: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-J5: SIGKILL by the server itself, once it has the whole mail; then one flagged resend."""
    told(REPORT_RECIPIENTS="a@example.com", SMTP_HOST="")
    send({"run_id": built, "attempt": 1, "retry_count": 0}, None)
    # The process has no bucket: it sends the link.
    conn.execute("UPDATE report_mails SET linked = true, next_try_at = now()")
    told(SMTP_HOST="127.0.0.1")
    process = in_process()
    box.confirming = lambda: os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    [row] = conn.execute("SELECT status, data_started_at FROM report_mails").fetchall()
    assert row["status"] == "sending" and row["data_started_at"]
    box.confirming = None
    conn.execute("UPDATE report_mails SET lease_until = now()")
    assert handler({}, None) == {"sent": 0}, "it waits like any other"
    assert handler({"due_now": True}, None) == {"sent": 1}
    first, second = box.mails
    assert first["Message-ID"] == second["Message-ID"]
    assert (first["X-Deskhand-Repeat"], second["X-Deskhand-Repeat"]) == (None, "1")


def test_sent_mails_are_counted(conn: Connection, box: Mailbox, built: int) -> None:
    """F-J5, F-L1: without an address in a label."""
    send({"run_id": built, "attempt": 1, "retry_count": 0}, None)
    metrics.fold(conn)
    found = {(row["sample"], str(row["labels"])): row["value"] for row in metrics.totals(conn)}
    assert found["reports_sent_total", "{}"] == 2
    assert found["report_mail_seconds_count", "{}"] == 2
    assert found["report_mail_seconds_sum", "{}"] > 0
    assert "example.com" not in str(found)
