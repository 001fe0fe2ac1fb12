"""Lists of tickets become files: the same rows, and text that stays text."""

import csv
import io
from collections.abc import Iterator
from uuid import uuid4

import boto3
import openpyxl
import pytest

from deskhand.exports import files, write
from deskhand.settings import environment
from deskhand.store.connection import Connection
from functions.write_exports.handler import handler as write_exports
from tests import arrange
from tests.functions.gateway import Answer, call
from tests.functions.tickets.requests import pointers

HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", '=HYPERLINK("https://example.com")', "plain, 'x'")
BUCKET = "exported"


@pytest.fixture(autouse=True)
def bucket(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty bucket."""
    from deskhand.reports import bucket as shelf

    monkeypatch.setenv("REPORTS_BUCKET", BUCKET)
    environment.settings.cache_clear()
    shelf.s3.cache_clear()
    boto3.client("s3").create_bucket(Bucket=BUCKET)
    yield
    shelf.s3.cache_clear()


def post(query: str, kind: str = "csv") -> str:
    """The id of a new export."""
    answer = call("POST", "/exports", {"query": query, "format": kind})
    assert (answer.status, answer.body["status"]) == (202, "waiting"), answer.body
    return str(answer.body["id"])


def content(export_id: str) -> bytes:
    """The file behind the link."""
    answer = call("GET", f"/exports/{export_id}/file")
    assert answer.status == 302 and "X-Amz-Expires=60" in answer.headers["Location"]
    [stored] = boto3.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    assert stored["Key"] in answer.headers["Location"]
    return boto3.client("s3").get_object(Bucket=BUCKET, Key=stored["Key"])["Body"].read()


def rows_of(text: bytes) -> list[dict[str, str]]:
    """The rows of a CSV file."""
    assert text.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(text.decode("utf-8-sig"), newline="")))


def test_the_rows_are_those_of_the_list(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-L3: page by page, and newest first."""
    monkeypatch.setattr(write, "PAGE", 2)
    for number in range(7):
        arrange.accepted(conn, department="Sales" if number % 2 else "Legal")
    export_id = post("department=Sales&status=new")
    assert write_exports({}, None) == {"export": export_id, "rows": 3}
    listed = call("GET", "/tickets", query={"department": "Sales"}).body["tickets"]
    rows = rows_of(content(export_id))
    assert [row["id"] for row in rows] == [ticket["id"] for ticket in listed]
    assert rows[0]["created_at"] == listed[0]["created_at"]
    found = call("GET", f"/exports/{export_id}").body
    assert (found["status"], found["rows"], found["written"]) == ("done", 3, 3)
    assert (found["query"], found["note"]) == ("department=Sales&status=new", None)
    assert write_exports({}, None) == {"export": None}


def test_no_text_is_a_formula_in_csv(conn: Connection) -> None:
    """F-L3"""
    for subject in HOSTILE:
        arrange.accepted(conn, subject=subject)
    export_id = post("")
    write_exports({}, None)
    found = [row["subject"] for row in rows_of(content(export_id))][::-1]
    assert found == [f"'{text}" for text in HOSTILE[:-1]] + [HOSTILE[-1]]


def test_no_text_is_a_formula_in_a_spreadsheet(conn: Connection) -> None:
    """F-L3"""
    for subject in HOSTILE:
        arrange.accepted(conn, subject=subject)
    export_id = post("", "xlsx")
    write_exports({}, None)
    [sheet] = openpyxl.load_workbook(io.BytesIO(content(export_id))).worksheets
    header, *rows = sheet.iter_rows()
    names = [cell.value for cell in header]
    assert names == list(files.COLUMNS)
    place = names.index("subject")
    assert [row[place].value for row in rows][::-1] == list(HOSTILE)
    assert {row[place].data_type for row in rows} == {"s"}
    assert rows[0][names.index("workflow_run_id")].data_type == "n"


def test_more_rows_than_a_sheet_takes_become_csv(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-L3"""
    monkeypatch.setattr(write, "MOST_XLSX", 2)
    for _ in range(3):
        arrange.accepted(conn)
    export_id = post("", "xlsx")
    write_exports({}, None)
    found = call("GET", f"/exports/{export_id}").body
    assert (found["format"], found["note"]) == ("csv", "a sheet takes 2 rows, so this is CSV")
    assert len(rows_of(content(export_id))) == 3


def test_a_wrong_parameter_is_named() -> None:
    """F-L3"""
    wrong = call("POST", "/exports", {"query": "status=lost&colour=red&q=", "format": "csv"})
    assert (wrong.status, sorted(pointers(wrong))) == (
        422, ["/query/colour", "/query/q", "/query/status"],
    )  # fmt: skip
    assert pointers(call("POST", "/exports", {"format": "pdf"})) == ["/format"]
    assert call("GET", f"/exports/{uuid4()}").status == 404
    assert call("GET", "/exports/x").status == 400


def test_an_unwritten_export_has_no_file_and_a_repeated_request_is_one(conn: Connection) -> None:
    """F-L3"""

    def ask() -> Answer:
        body = {"query": "", "format": "csv"}
        return call("POST", "/exports", body, headers={"Idempotency-Key": "once"})

    first, second = ask(), ask()
    assert first.body == second.body
    assert call("GET", f"/exports/{first.body['id']}/file").status == 404


def test_a_writer_that_fails_is_tried_again_and_then_given_up(conn: Connection) -> None:
    """F-L3: its progress is seen, and no half file is left."""
    arrange.accepted(conn)
    export_id = post("")
    boto3.client("s3").delete_bucket(Bucket=BUCKET)
    for status in ("waiting", "failed"):
        assert write_exports({}, None)["error"] == "BucketUnavailable"
        found = call("GET", f"/exports/{export_id}").body
        assert (found["status"], found["error"]) == (status, "BucketUnavailable")
        assert (found["written"], found["rows"]) == (1, 1)
    assert write_exports({}, None) == {"export": None}


def test_a_silent_writer_is_replaced(conn: Connection) -> None:
    """F-L3"""
    export_id = post("")
    conn.execute(
        "UPDATE exports SET status = 'running', tries = 1, lease_until = now() - interval '1 s'"
    )
    assert write_exports({}, None) == {"export": export_id, "rows": 0}


def test_customers_export_nothing(monkeypatch: pytest.MonkeyPatch, conn: Connection) -> None:
    """F-K2"""
    monkeypatch.setenv("ANONYMOUS_ROLE", "customer")
    environment.settings.cache_clear()
    assert call("POST", "/exports", {"query": ""}).status == 403
