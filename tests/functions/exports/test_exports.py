"""Lists of tickets become files: the same rows, and text that stays text."""

import csv
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import openpyxl
import pytest

from deskhand.exports import files, write
from deskhand.operations.metric_families import FAMILIES
from deskhand.reports import bucket as shelf
from deskhand.settings import environment
from deskhand.store import exports, metrics
from deskhand.store.connection import Connection, open_connection
from functions.write_exports.handler import handler as write_exports
from tests import account, arrange
from tests.functions.gateway import Answer, call
from tests.functions.tickets.requests import pointers
from tests.patience import wait_for_lock

HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "\tx", '=HYPERLINK("https://example.com")', "plain, 'x'")
BUCKET = "exported"


@pytest.fixture(autouse=True)
def bucket(aws: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An empty bucket."""
    monkeypatch.setenv("REPORTS_BUCKET", account.bucket(BUCKET))
    environment.settings.cache_clear()
    yield
    environment.settings.cache_clear()


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


def test_a_writer_that_was_replaced_ends_nothing(conn: Connection, database: str) -> None:
    """F-L3: it was silent for longer than its lease, and goes on while another one writes."""
    arrange.accepted(conn)
    post("")
    with open_connection(database) as other, ThreadPoolExecutor(1) as pool:
        other.execute("BEGIN")
        other.execute("LOCK TABLE tickets")
        late = pool.submit(write_exports, {}, None)
        wait_for_lock(conn)
        conn.execute("UPDATE exports SET lease_until = now() - interval '1 s'")
        second = exports.claim(conn)
        assert second is not None
        other.execute("COMMIT")
        assert late.result()["error"] == "Replaced"
    first = replace(second, tries=1)
    result = {"rows": 1, "listed_at": second.created_at, "object_key": "late", "bytes": 1,
              "format": "csv", "note": None}  # fmt: skip
    assert not exports.finish(conn, first, result)
    exports.fail(conn, first, "Late")
    found = exports.get(conn, second.id)
    assert found and (found["status"], found["error"]) == ("running", None)
    assert exports.finish(conn, second, {**result, "object_key": "second"})
    assert exports.key_of_file(conn, second.id, 1) == "second"


def test_no_transaction_is_open_while_a_file_is_packed(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-L3: the server would end it, and a million rows take minutes to pack."""
    open_at_the_end: list[int] = []

    @contextmanager
    def watched(path: Path, at: datetime) -> Iterator[Any]:
        with files.open_csv(path, at) as append:
            yield append
        open_at_the_end.append(conn.execute(
            "SELECT FROM pg_stat_activity WHERE state = 'idle in transaction'"
            " AND datname = current_database()").rowcount)  # fmt: skip

    monkeypatch.setitem(files.OPEN, "csv", watched)
    post("")
    write_exports({}, None)
    assert open_at_the_end == [0]


def test_exports_that_ended_are_counted(conn: Connection) -> None:
    """F-M1: a try that fails is none; one that failed for good is, and one without a writer."""
    post("")
    write_exports({}, None)
    post("")
    conn.execute("UPDATE exports SET status = 'running', lease_until = now() - interval '1 s',"
                 " tries = 2 WHERE status = 'waiting'")  # fmt: skip
    assert write_exports({}, None) == {"export": None}
    post("")
    boto3.client("s3").delete_object(Bucket=BUCKET, Key=_only_key())
    boto3.client("s3").delete_bucket(Bucket=BUCKET)
    write_exports({}, None)
    metrics.fold(conn)
    assert _ended(conn) == {"done": 1, "failed": 1}
    write_exports({}, None)
    metrics.fold(conn)
    assert _ended(conn) == {"done": 1, "failed": 2}
    [known] = [each for each in FAMILIES if each.name == "exports"]
    assert {*known.labels["status"]} == {*_ended(conn)}


def _only_key() -> str:
    [stored] = boto3.client("s3").list_objects_v2(Bucket=BUCKET)["Contents"]
    return stored["Key"]


def _ended(conn: Connection) -> dict[str, float]:
    rows = metrics.totals(conn)
    return {r["labels"]["status"]: r["value"] for r in rows if r["sample"] == "exports_total"}


def test_old_exports_are_forgotten(conn: Connection) -> None:
    """F-L3: with their files, which the bucket deletes after as many days."""
    old, young = post(""), post("")
    for _ in range(2):
        write_exports({}, None)
    conn.execute("UPDATE exports SET finished_at = now() - interval '364 days'")
    conn.execute(
        "UPDATE exports SET finished_at = now() - interval '366 days' WHERE id = %s", [old]
    )
    write_exports({}, None)
    assert call("GET", f"/exports/{old}").status == 404
    assert call("GET", f"/exports/{young}").status == 200


def test_customers_export_nothing(monkeypatch: pytest.MonkeyPatch, conn: Connection) -> None:
    """F-K2"""
    monkeypatch.setenv("ANONYMOUS_ROLE", "customer")
    environment.settings.cache_clear()
    assert call("POST", "/exports", {"query": ""}).status == 403


def test_an_export_that_was_deleted_meanwhile_leaves_no_file(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-L3 F-N11"""
    arrange.accepted(conn)
    export_id = post("")
    put = shelf.put

    def deleted_meanwhile(*given: Any) -> None:
        put(*given)
        conn.execute("DELETE FROM exports")

    monkeypatch.setattr(shelf, "put", deleted_meanwhile)
    assert write_exports({}, None) == {"export": export_id, "error": "Replaced"}
    assert "Contents" not in boto3.client("s3").list_objects_v2(Bucket=BUCKET)
