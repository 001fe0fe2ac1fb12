"""POST /attribution/audits: how a file is read, and what must be told first."""

import json

import pytest

from deskhand.audits import export
from deskhand.store.connection import Connection
from tests.functions.audits.exports import PATH, ask, jira, routed, start
from tests.functions.gateway import call

pytestmark = pytest.mark.usefixtures("catalog", "bucket")


def test_a_dry_run_shows_mapping_and_five_rows_and_stores_nothing(conn: Connection) -> None:
    """F-J7"""
    status, tried = ask("POST", sent=jira(routed(8)), dry_run="true")
    assert status == 200
    source = tried["source"]
    assert (source["system"], source["tickets"], tried["problems"]) == ("Jira", 8, [])
    assert source["mapping"] == {
        "external_id": "Issue key", "subject": "Summary", "body": "Description",
        "category": "Component/s", "request_type": "Request type", "created_at": "Created",
    }  # fmt: skip
    assert source["unused"] == ["Issue id", "Comment"]
    assert source["dates"]["created_at"] == {
        "form": "with the month's name",
        "evidence": "11/May/24 03:26 PM",
    }
    assert len(tried["rows"]) == 5
    assert tried["rows"][0]["external_id"] == "vpn-0"
    assert tried["rows"][0]["created_at"] == "2024-05-11T15:26:00Z"
    assert conn.execute("SELECT FROM audits").rowcount == 0


def test_what_only_the_caller_knows_is_asked_for(conn: Connection) -> None:
    """F-J7: a guessed column and an open order of day and month."""
    table = b"Nr,Betreff,Created\n1,VPN drops,01/02/2026\n"
    _, tried = ask("POST", sent=table, dry_run="true")
    assert [each["pointer"] for each in tried["problems"]] == ["/mapping/subject", "dates"]
    status, problem = ask("POST", sent=table)
    assert status == 422
    assert problem["errors"] == tried["problems"]
    assert "it may be Betreff" in problem["errors"][0]["detail"]
    assert "send dates=day or month" in problem["errors"][1]["detail"]
    assert conn.execute("SELECT FROM audits").rowcount == 0
    told = {"mapping": json.dumps({"subject": "Betreff", "external_id": "Nr"}), "dates": "day"}
    status, tried = ask("POST", sent=table, dry_run="true", **told)
    assert (status, tried["problems"], tried["source"]["confirmed"]) == (
        200, [], ["external_id", "subject"],
    )  # fmt: skip
    assert tried["rows"][0]["created_at"] == "2026-02-01T00:00:00Z"
    assert ask("POST", sent=table, **told)[0] == 202


def test_json_is_read_as_a_table_is() -> None:
    rows = [{"id": 7, "subject": "VPN", "description": "drops", "created_at": "2026-05-01"}]
    for sent, kind in (
        (json.dumps(rows), "application/json"),
        (json.dumps(rows[0]), "application/x-ndjson"),
    ):
        _, tried = ask("POST", sent=sent.encode(), kind=kind, dry_run="true")
        assert tried["problems"] == []
        assert (tried["source"]["format"], tried["rows"][0]["external_id"]) == ("json", "7")


def test_dates_are_of_the_zone_that_is_given() -> None:
    table = b"id,title,created\n1,VPN,2026-07-01 10:00\n"
    _, tried = ask("POST", sent=table, dry_run="true", zone="Europe/Berlin")
    assert tried["rows"][0]["created_at"] == "2026-07-01T08:00:00Z"
    assert tried["source"]["time_zone"] == "Europe/Berlin"


def test_of_rows_with_one_id_the_last_by_update_counts() -> None:
    table = (
        b"number,sys_mod_count,sys_updated_at,short_description\n"
        b"INC1,2,2/2/2016 01:00,second\nINC1,1,1/2/2016 13:00,first\nINC2,1,13/2/2016 1:00,other\n"
    )
    _, tried = ask("POST", sent=table, dry_run="true")
    assert [row["subject"] for row in tried["rows"]] == ["second", "other"]
    assert (tried["source"]["rows"], tried["source"]["repeated"]) == (3, 1)


def test_bad_records_are_counted_and_named() -> None:
    table = b'id,title,created\n1,VPN,2026-02-30\n2,"ab"c,\n3,,\n4,VPN,soon,x\n'
    _, tried = ask("POST", sent=table, dry_run="true")
    source = tried["source"]
    assert (source["rows"], source["tickets"], source["without_text"]) == (4, 2, 1)
    assert (source["refused"], source["faults"][0]["place"], source["wider"]) == (1, 3, 1)
    assert source["wrong_dates"]["created_at"] == {"count": 2, "examples": ["2026-02-30", "soon"]}


def test_texts_that_the_database_does_not_take_are_cleaned(conn: Connection) -> None:
    audit_id = start(b"id,title,la\x00bel\n1,V\x00PN,a\x00\n")
    assert ask("GET", f"{PATH}/{audit_id}")[1]["source"]["tickets"] == 1


@pytest.mark.parametrize(
    ("sent", "kind", "status"),
    [
        (b"id,title\n1,a\n", "text/html", 415),
        (b"", "text/csv", 400),
        (b"PK\x03\x04 no zip", "application/octet-stream", 400),
        (b"\x1f\x8b no gzip", "application/gzip", 400),
        (b"x" * (4 * 1024 * 1024 + 1), "text/csv", 413),
        (b"id,title\n", "text/csv", 422),
    ],
)
def test_what_is_no_export(sent: bytes, kind: str, status: int, conn: Connection) -> None:
    assert ask("POST", sent=sent, kind=kind)[0] == status
    assert conn.execute("SELECT FROM audits").rowcount == 0


@pytest.mark.parametrize(
    "query",
    [{"zone": "Mars/North"}, {"dates": "year"}, {"confidence": "0.1"}, {"confidence": "nan"},
     {"dry_run": "yes"}, {"colour": "red"}],
)  # fmt: skip
def test_wrong_parameters_are_named(query: dict[str, str]) -> None:
    status, problem = ask("POST", sent=b"id,title\n1,a\n", **query)
    assert (status, problem["errors"][0]["pointer"]) == (400, next(iter(query)))


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "MAX_ROWS", 3)
    status, problem = ask("POST", sent=jira(routed(4)))
    assert (status, problem["errors"][0]["detail"]) == (
        422,
        "an audit takes 3 rows: split the file",
    )


def test_few_audits_wait_at_once() -> None:
    for _ in range(5):
        start(jira(routed(2)))
    assert ask("POST", sent=jira(routed(2)))[0] == 409


def test_an_audit_needs_a_catalog_and_a_dry_run_does_not(conn: Connection) -> None:
    conn.execute("UPDATE catalogs SET active = false")
    assert ask("POST", sent=jira(routed(2)))[0] == 409
    assert ask("POST", sent=jira(routed(2)), dry_run="true")[0] == 200


def test_audits_are_listed_read_and_deleted() -> None:
    first, second = start(jira(routed(2))), start(jira(routed(2)))
    assert [each["id"] for each in ask("GET")[1]["audits"]] == [second, first]
    status, audit = ask("GET", f"{PATH}/{first}")
    assert (status, audit["status"], audit["rows"], audit["result"]) == (200, "waiting", 2, None)
    assert call("DELETE", f"{PATH}/{first}").status == 204
    assert ask("GET", f"{PATH}/{first}")[0] == 404
    assert call("DELETE", f"{PATH}/{first}").status == 404


def test_agents_read_and_administrators_start(monkeypatch: pytest.MonkeyPatch) -> None:
    """F-K2"""
    from deskhand.settings import environment

    audit_id = start(jira(routed(2)))
    monkeypatch.setenv("ANONYMOUS_ROLE", "agent")
    environment.settings.cache_clear()
    assert ask("POST", sent=jira(routed(2)))[0] == 403
    assert ask("GET", f"{PATH}/{audit_id}")[0] == 200
    monkeypatch.setenv("ANONYMOUS_ROLE", "customer")
    environment.settings.cache_clear()
    assert ask("GET", f"{PATH}/{audit_id}")[0] == 403
