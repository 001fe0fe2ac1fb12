"""The report of a run, read by a second library and compared cell by cell."""

import hashlib
from io import BytesIO
from typing import Any

import boto3
import pytest
from openpyxl import load_workbook
from openpyxl.utils.escape import unescape

from deskhand.errors import BucketUnavailable, StepFailed
from deskhand.reports import bucket as storage
from deskhand.reports.counts import OPEN_OUTCOMES
from deskhand.reports.workbook import REQUESTS, REVIEW
from deskhand.spreadsheets.write import cell_text
from deskhand.store import attribution
from deskhand.store.attribution import Reported
from deskhand.store.connection import Connection
from functions.build_report.handler import handler
from tests.attributed import HOSTILE, PROBLEM, attributed, unread


def event(run_id: int, attempt: int = 1) -> dict[str, Any]:
    return {"run_id": run_id, "attempt": attempt, "retry_count": 0}


def stored(bucket: str) -> tuple[str, bytes]:
    """The key and the bytes of the one file."""
    client = boto3.client("s3")
    [found] = client.list_objects_v2(Bucket=bucket)["Contents"]
    return found["Key"], client.get_object(Bucket=bucket, Key=found["Key"])["Body"].read()


def cells(content: bytes, sheet: str) -> list[tuple[Any, ...]]:
    """All cells of a sheet; openpyxl leaves escapes as they are."""
    rows = load_workbook(BytesIO(content))[sheet].iter_rows(values_only=True)
    return [tuple(unescape(v) if isinstance(v, str) else v for v in row) for row in rows]


def wanted(row: Reported, columns: dict[str, str]) -> tuple[Any, ...]:
    values = [getattr(row, name) for name in columns.values()]
    return tuple(cell_text(value) if isinstance(value, str) else value for value in values)


def test_every_cell_is_what_the_run_has_stored(conn: Connection, bucket: str) -> None:
    """F-J3: all in the order of the report; texts that look like formulas or links are texts."""
    run_id = attributed(conn)
    verdict = handler(event(run_id), None)
    rows = list(attribution.requests(conn, run_id))
    _, content = stored(bucket)
    assert cells(content, "Helpdesk Requests") == [
        tuple(REQUESTS), *(wanted(row, REQUESTS) for row in rows)
    ]  # fmt: skip
    assert cells(content, "Review") == [
        tuple(REVIEW), *(wanted(row, REVIEW) for row in rows if row.outcome in OPEN_OUTCOMES)
    ]  # fmt: skip
    assert verdict["rows"] == len(HOSTILE)
    for sheet in load_workbook(BytesIO(content)):
        for row in sheet.iter_rows():
            for each in row:
                assert each.data_type != "f" and each.hyperlink is None, each.value


def test_no_cell_and_no_mail_states_a_secret(conn: Connection, bucket: str) -> None:
    """F-E12"""
    run_id = attributed(conn)
    conn.execute("UPDATE attribution_requests SET short_description = 'PIN: 4711'")
    handler(event(run_id), None)
    sheets = [cells(stored(bucket)[1], name) for name in ("Helpdesk Requests", "Review")]
    assert "PIN: " + "\u2022" * 4 in str(sheets)
    assert "4711" not in str(sheets)
    assert "4711" not in str(conn.execute("SELECT review FROM reports").fetchone())


def test_the_summary_has_the_counts_of_the_run(conn: Connection, bucket: str) -> None:
    """F-J3"""
    run_id = attributed(conn)
    handler(event(run_id), None)
    figures = dict(cells(stored(bucket)[1], "Summary"))
    assert (figures["run"], figures["fetched"]) == (str(run_id), len(HOSTILE))
    assert (figures["rejected"], figures["failed"], figures["need a person"]) == (1, 1, 2)


def test_the_summary_names_what_could_not_be_read(conn: Connection, bucket: str) -> None:
    """F-J3, F-A13: by its index; such items need a person, too."""
    run_id = attributed(conn)
    unread(conn, run_id, 103)
    handler(event(run_id), None)
    figures = dict(cells(stored(bucket)[1], "Summary"))
    assert (figures["unreadable"], figures["need a person"]) == (103, 105)
    assert (figures["item 0 (from 0)"], figures["item 99 (from 0)"]) == (PROBLEM, PROBLEM)
    assert figures["more that could not be read"] == 3


def test_a_batch_that_is_open_is_settled_first(conn: Connection, bucket: str) -> None:
    """F-J2, F-J3: its requests are marked, and the rest stays as it is."""
    run_id = attributed(conn, [*HOSTILE, {"outcome": None, "batch": 0, "helpdesk_id": "open"}])
    handler(event(run_id), None)
    [row] = [each for each in attribution.requests(conn, run_id) if each.helpdesk_id == "open"]
    assert (row.outcome, row.category) == ("failed", None)
    assert row.reason in [reason for *_, reason in cells(stored(bucket)[1], "Review")]
    run = attribution.run(conn, run_id)
    assert run is not None
    assert (run["counts"]["failed"], run["counts"]["waiting"]) == (2, 0)


def test_the_row_says_what_is_in_the_bucket(conn: Connection, bucket: str) -> None:
    """F-J3: encrypted, with its size and hash."""
    run_id = attributed(conn)
    verdict = handler(event(run_id), None)
    row = conn.execute("SELECT * FROM reports").fetchone()
    key, content = stored(bucket)
    assert (str(row["id"]), row["run_id"]) == (verdict["report_id"], run_id)
    assert (row["object_key"], row["bytes"]) == (key, len(content))
    assert row["sha256"] == hashlib.sha256(content).hexdigest()
    head = boto3.client("s3").head_object(Bucket=bucket, Key=key)
    assert head["ServerSideEncryption"] == "AES256"


def test_built_again_it_is_the_same_file(conn: Connection, bucket: str) -> None:
    """F-J3: a function that dies after the upload is retried."""
    run_id = attributed(conn)
    verdict = handler(event(run_id), None)
    first = stored(bucket)
    assert handler(event(run_id), None) == verdict
    conn.execute("DELETE FROM reports")
    conn.execute("DELETE FROM step_outcomes WHERE step = 'build_report'")
    handler(event(run_id), None)
    assert stored(bucket) == first


def test_a_run_without_requests_has_a_report_too(conn: Connection, bucket: str) -> None:
    run_id = attributed(conn, ())
    assert handler(event(run_id), None)["rows"] == 0
    assert cells(stored(bucket)[1], "Helpdesk Requests") == [tuple(REQUESTS)]


def test_a_bucket_that_does_not_answer_is_tried_again(
    conn: Connection, bucket: str, told: Any
) -> None:
    run_id = attributed(conn)
    told(REPORTS_BUCKET="another-bucket")
    with pytest.raises(BucketUnavailable, match="NoSuchBucket"):
        handler(event(run_id), None)
    told(REPORTS_BUCKET=bucket)
    assert handler(event(run_id), None)["rows"] == len(HOSTILE)


def test_a_run_of_triage_has_no_report(conn: Connection, bucket: str, ticket: object) -> None:
    run = conn.execute("SELECT id FROM runs").fetchone()
    with pytest.raises(StepFailed):
        handler(event(run["id"]), None)
    with pytest.raises(storage.FileGone):
        storage.get("reports/none.xlsx")
