"""The worker: an audit from the file to the findings, and nothing else is touched."""

import hashlib
import io
import json
from typing import Any

import boto3
import openpyxl
import pytest

from deskhand.errors import BucketUnavailable
from deskhand.store.connection import Connection
from tests.functions.audits.exports import PATH, ask, jira, routed, start, work
from tests.functions.conftest import BUCKET
from tests.functions.gateway import call
from tests.functions.learning.old_tickets import history, import_rows, learn

pytestmark = pytest.mark.usefixtures("catalog", "bucket")


def rows_of_all_tables(conn: Connection) -> dict[str, str]:
    """A fingerprint of each table's rows."""
    tables = conn.execute(
        "SELECT table_name AS name FROM information_schema.tables"
        " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
    ).fetchall()
    return {each["name"]: _fingerprint(conn, each["name"]) for each in tables}


def _fingerprint(conn: Connection, table: str) -> str:
    rows = conn.execute(f'SELECT t::text AS row FROM "{table}" t ORDER BY 1')  # noqa: S608
    return hashlib.sha256(json.dumps([row["row"] for row in rows]).encode()).hexdigest()


def findings(sent: bytes, **query: str) -> dict[str, Any]:
    """The result of an audit that the worker has done."""
    audit_id = start(sent, **query)
    assert work()["audit"] == audit_id
    status, audit = ask("GET", f"{PATH}/{audit_id}")
    assert (status, audit["status"], audit["error"]) == (200, "done", None)
    result: dict[str, Any] = audit["result"]
    return result


def test_an_audit_finds_what_is_wrong_and_changes_nothing_else(conn: Connection) -> None:
    """F-J7: misroutes by the export's own tickets, a cluster, gaps of the SLA and of the catalog;
    only the audit's own row is new, and its rows are forgotten."""
    import_rows(history(6))
    learn()
    rows = routed(80, wrong=3)
    strange = "parking permit for visitors of the canteen garden party"
    rows += [
        {**rows[0], "external_id": f"odd-{n}", "subject": strange, "body": strange,
         "category": "", "request_type": ""}
        for n in range(2)
    ]  # fmt: skip
    rows.append({**rows[1], "external_id": "far", "category": "Mars", "request_type": "Dust"})
    before = rows_of_all_tables(conn)
    found = findings(jira(rows))
    after = rows_of_all_tables(conn)
    # Every request of the API is counted for the metrics.
    changed = {name for name in after if after[name] != before[name]} - {"metric_increments"}
    assert changed == {"audits"}
    [stored] = conn.execute("SELECT packed, progress, rows FROM audits").fetchall()
    assert (stored["packed"], stored["progress"], stored["rows"]) == (None, 1, 83)

    wrong = [row["external_id"] for row in found["misroutes"] if row["calibrated"]]
    assert set(wrong) == {"vpn-0", "vpn-2", "vpn-4"}
    gains = [row["expected_gain"] for row in found["misroutes"] if row["calibrated"]]
    assert gains == sorted(gains, reverse=True)
    assert all(0 < gain <= 1 for gain in gains)
    assert found["summary"]["expected_gain"] == pytest.approx(sum(gains), abs=0.1)
    assert found["misroutes"][0]["predicted_request_type"] == "VPN access"
    assert {"odd-0", "odd-1"} & {row["external_id"] for row in found["clusters"]}
    assert {row["external_id"] for row in found["gaps"]} == {"odd-0", "odd-1"}
    assert found["unknown_pairs"] == [{"category": "Mars", "request_type": "Dust", "tickets": 1}]
    summary = found["summary"]
    assert (summary["with_pair"], summary["without_pair"], summary["tickets"]) == (80, 3, 83)
    assert summary["agreement"] > 0.9


def test_all_findings_are_in_a_spreadsheet_that_a_link_leads_to(bucket: str) -> None:
    """F-J7"""
    audit_id = start(jira(routed(4)))
    assert ask("GET", f"{PATH}/{audit_id}/file")[0] == 409
    work()
    key = f"audits/audit-{audit_id}.xlsx"
    stored = boto3.client("s3").get_object(Bucket=bucket, Key=key)
    book = openpyxl.load_workbook(io.BytesIO(stored["Body"].read()))
    assert next(row[1].value for row in book["Summary"] if row[0].value == "tickets") == 4
    answer = call("GET", f"{PATH}/{audit_id}/file")
    assert answer.status == 302
    assert key in answer.headers["Location"] and "Expires" in answer.headers["Location"]
    assert call("DELETE", f"{PATH}/{audit_id}").status == 204
    assert boto3.client("s3").list_objects_v2(Bucket=bucket)["KeyCount"] == 0


def test_a_bucket_that_does_not_answer_costs_a_try_and_no_result(
    conn: Connection, told: Any
) -> None:
    audit_id = start(jira(routed(4)))
    told(REPORTS_BUCKET="another-bucket")
    with pytest.raises(BucketUnavailable):
        work()
    told(REPORTS_BUCKET=BUCKET)
    conn.execute("UPDATE audits SET lease_until = now()")
    assert work()["audit"] == audit_id
    assert ask("GET", f"{PATH}/{audit_id}")[1]["status"] == "done"


def test_a_file_without_places_still_shows_duplicates(conn: Connection) -> None:
    table = b"id,title\n" + b"".join(b"%d,VPN tunnel drops at home\n" % n for n in range(5))
    found = findings(table)
    assert found["misroutes"] == []
    assert [(row["external_id"], row["tickets"]) for row in found["clusters"]] == [("0", 5)]
    assert found["summary"]["agreement"] is None


def test_an_audit_whose_worker_died_is_tried_once_more(conn: Connection) -> None:
    audit_id = start(jira(routed(2)))
    conn.execute("UPDATE audits SET status = 'running', tries = 1, lease_until = now()")
    assert work()["audit"] == audit_id
    start(jira(routed(2)))
    conn.execute(
        "UPDATE audits SET status = 'running', tries = 2, lease_until = now()"
        " WHERE status = 'waiting'"
    )
    assert work() == {"audit": None, "deleted": 0}
    ended = ask("GET")[1]["audits"][0]
    assert (ended["status"], "send fewer rows" in ended["error"]) == ("failed", True)


def test_a_living_worker_is_left_alone(conn: Connection) -> None:
    start(jira(routed(2)))
    conn.execute("UPDATE audits SET status = 'running', lease_until = now() + interval '1 minute'")
    assert work() == {"audit": None, "deleted": 0}


def test_without_a_catalog_an_audit_fails_and_says_so(conn: Connection) -> None:
    audit_id = start(jira(routed(2)))
    conn.execute("UPDATE catalogs SET active = false")
    work()
    audit = ask("GET", f"{PATH}/{audit_id}")[1]
    assert (audit["status"], "No service catalog" in audit["error"]) == ("failed", True)


def test_audits_are_deleted_after_a_month(conn: Connection) -> None:
    start(jira(routed(2)))
    conn.execute("UPDATE audits SET created_at = now() - interval '31 days'")
    assert work() == {"audit": None, "deleted": 1}
    assert conn.execute("SELECT FROM audits").rowcount == 0


def test_two_workers_never_take_one_audit(conn: Connection) -> None:
    from deskhand.store import audits

    start(jira(routed(2)))
    assert [audits.claim(conn) is None for _ in range(2)] == [False, True]
