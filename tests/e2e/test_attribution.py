"""A run of attribution on LocalStack: the sample helpdesk, the report in the bucket, its mail."""

import email
import re
from email.policy import default
from io import BytesIO
from typing import Any

import httpx
from openpyxl import load_workbook

from tests.e2e.conftest import INSTANCE, Stack, eventually

_FIELDS = (
    "SELECT helpdesk_id, category, request_type, short_description, sla_value, sla_unit"
    " FROM attribution_requests WHERE run_id = %s"
)


def test_a_run_ends_with_one_report_and_one_mail(stack: Stack) -> None:
    """F-A13 F-J1 F-J3 F-J4 F-J6: the mail's link works without a token, as the local API does."""
    reply = stack.api.post("/attribution/runs")
    assert reply.status_code == 202
    run_id = reply.json()["run_id"]
    run = eventually(lambda: ended(stack, run_id))
    counts = run["counts"]
    assert (run["status"], counts["fetched"], counts["waiting"]) == ("COMPLETED", 65, 0)
    assert (counts["complete"], counts["rejected"], counts["classified"]) == (3, 1, 61)
    assert counts["batches_done"] == counts["batches"] > 1
    assert (counts["batches_failed"], counts["calls"], counts["sent"]) == (0, 0, 1)
    execution = stack.aws("stepfunctions").describe_execution(executionArn=run["execution_arn"])
    assert execution["status"] == "SUCCEEDED"
    listed = stack.api.get("/reports").json()["reports"]
    [report] = [each for each in listed if each["run_id"] == run_id]
    link = stack.api.get(f"/reports/{report['id']}/file")
    assert link.status_code == 302
    content = httpx.get(link.headers["Location"], timeout=60).content
    _, *rows = load_workbook(BytesIO(content))["Helpdesk Requests"].iter_rows(values_only=True)
    stored = [tuple(row.values()) for row in stack.sql(_FIELDS, run_id)]
    assert sorted(rows, key=repr) == sorted(stored, key=repr)
    [path] = INSTANCE.mail_catcher.of_report(report["id"])
    mail = email.message_from_bytes(path.read_bytes(), policy=default)
    [attached] = mail.iter_attachments()
    assert attached.get_content() == content
    body = mail.get_body(("plain",))
    assert body is not None
    [address] = re.findall(r"http://\S+/file", body.get_content())
    assert httpx.get(address, timeout=60, follow_redirects=True).content == content


def ended(stack: Stack, run_id: int) -> dict[str, Any] | None:
    """The run once it has ended."""
    run: dict[str, Any] = stack.api.get(f"/attribution/runs/{run_id}").json()
    return run if run["status"] in ("COMPLETED", "FAILED") else None
