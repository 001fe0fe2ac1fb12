"""The step FetchRequests against a real HTTP server: what it stores, and what it refuses."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from deskhand.attribution import fetch_requests
from deskhand.attribution import helpdesk as reading
from deskhand.errors import (
    CatalogMissing,
    DeskhandError,
    HelpdeskInvalid,
    HelpdeskRefused,
    HelpdeskUnavailable,
    StepFailed,
)
from deskhand.settings import environment
from deskhand.settings.environment import SettingInvalid, Settings
from deskhand.store import attribution
from deskhand.store.connection import Connection
from functions.fetch_requests.handler import handler
from tests import helpdesk
from tests.helpdesk import KEY, SECRET, item, shown, started
from tests.servers import Desk

CANARIES = (KEY, SECRET, "query-CANARY-3", "body-CANARY-4")


@pytest.fixture
def desk(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    helpdesk.in_force(conn)
    with helpdesk.helpdesk([]) as desk:
        helpdesk.asks(monkeypatch, desk)
        yield desk


def fetch(conn: Connection) -> tuple[dict[str, Any], dict[str, Any]]:
    """The verdict of the step, and the run afterwards."""
    message = started(conn)
    verdict: dict[str, Any] = handler({"run_id": message.run_id, "attempt": 1}, None)
    return verdict, shown(conn, message)


def says(desk: Desk, document: object) -> None:
    desk.body = json.dumps(document).encode()


def test_key_and_secret_are_sent_as_json(conn: Connection, desk: Desk) -> None:
    fetch(conn)
    [(method, path, headers, body)] = desk.requests
    assert (method, path) == ("POST", "/hook?token=query-CANARY-3")
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == {"api_key": KEY, "api_secret": SECRET}


def test_requests_are_stored_in_batches(conn: Connection, desk: Desk) -> None:
    done = {"request_category": "hardware", "request_type": "laptop repair"}
    says(desk, [item(1), item(1, **done), None, item(3, request_category="Nonsense"), item(4)])
    verdict, run = fetch(conn)
    assert verdict["batches"] == [0]
    assert verdict["outcomes"] == {"complete": 1, "rejected": 1}
    counts = run["counts"]
    assert (counts["fetched"], counts["unreadable"], counts["waiting"]) == (5, 1, 2)
    assert run["faults"] == [{"index": 2, "problem": "it is not an object"}]
    rows = {row.position: row for row in attribution.requests(conn, run["id"])}
    assert rows.keys() == {0, 1, 3, 4}
    assert (rows[1].category, rows[1].sla_value, rows[1].sla_unit) == ("Hardware", 7, "days")
    assert (rows[3].category, rows[3].outcome) == ("Nonsense", "rejected")


def test_the_size_of_a_batch_is_configured(
    conn: Connection, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATTRIBUTION_BATCH_SIZE", "2")
    monkeypatch.setenv("ATTRIBUTION_DELAY_SECONDS", "3")
    environment.settings.cache_clear()
    says(desk, {"requests": [item(n) for n in range(5)]})
    verdict, _ = fetch(conn)
    assert (verdict["batches"], verdict["delay_seconds"]) == ([0, 1, 2], 3)


def test_65_requests_are_30_30_and_5(conn: Connection, desk: Desk) -> None:
    says(desk, {"data": [item(n) for n in range(65)]})
    _, run = fetch(conn)
    rows = conn.execute(
        "SELECT count(*) AS n FROM attribution_requests GROUP BY batch ORDER BY batch"
    ).fetchall()
    assert [row["n"] for row in rows] == [30, 30, 5]
    assert run["counts"]["batches"] == 3


def test_only_complete_requests_make_no_batch(conn: Connection, desk: Desk) -> None:
    done = {"request_category": "Hardware", "request_type": "Laptop repair"}
    says(desk, [item(n, **done) for n in range(40)])
    verdict, _ = fetch(conn)
    assert (verdict["batches"], verdict["outcomes"]) == ([], {"complete": 40})


def test_it_fetches_once(conn: Connection, desk: Desk) -> None:
    says(desk, [item(1)])
    message = started(conn)
    event = {"run_id": message.run_id, "attempt": 1}
    assert handler(event, None) == handler(event, None)
    assert len(desk.requests) == 1
    assert shown(conn, message)["counts"]["fetched"] == 1


@pytest.mark.parametrize(
    ("status", "document", "error"),
    [
        (401, {}, HelpdeskRefused),
        (403, {}, HelpdeskRefused),
        (404, {}, HelpdeskRefused),
        (302, {}, HelpdeskRefused),
        (429, {}, HelpdeskUnavailable),
        (500, {}, HelpdeskUnavailable),
        (503, {}, HelpdeskUnavailable),
        (200, {"response_code": "401"}, HelpdeskRefused),
        (200, {"response_code": 503}, HelpdeskUnavailable),
        (200, {"data": None}, HelpdeskInvalid),
    ],
)
def test_errors_by_name_and_nothing_of_the_answer_in_them(
    conn: Connection,
    desk: Desk,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    status: int,
    document: dict[str, Any],
    error: type[DeskhandError],
) -> None:
    caplog.set_level(logging.DEBUG)
    echo = {**document, "message": f"bad {KEY} {SECRET} body-CANARY-4", "api_key": KEY}
    desk.status = status
    says(desk, echo)
    with pytest.raises(error) as raised:
        fetch(conn)
    trail = conn.execute("SELECT data::text AS t FROM events").fetchall()
    said = "".join([str(raised.value), *capsys.readouterr(), caplog.text, str(trail)])
    assert not [canary for canary in CANARIES if canary in said]
    assert error.__name__ in said


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff\xfe[]", b"[1", b"[" * 100_000, b"NaN"])
def test_a_body_that_is_no_list_in_json(conn: Connection, desk: Desk, body: bytes) -> None:
    desk.body = body
    with pytest.raises(HelpdeskInvalid):
        fetch(conn)


def test_a_byte_order_mark_does_no_harm(conn: Connection, desk: Desk) -> None:
    desk.body = b"\xef\xbb\xbf" + json.dumps([item(1)]).encode()
    assert fetch(conn)[1]["counts"]["fetched"] == 1


def test_too_large_an_answer(conn: Connection, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 100)
    desk.body = b"[" + b" " * 200 + b"]"
    with pytest.raises(HelpdeskUnavailable, match="larger than 100 bytes"):
        fetch(conn)


@pytest.mark.parametrize(
    ("limit", "value", "named"),
    [("MAX_REQUESTS", 3, "4 requests"), ("MAX_BATCHES", 1, "ATTRIBUTION_BATCH_SIZE")],
)
def test_too_many_requests(
    conn: Connection,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
    value: int,
    named: str,
) -> None:
    monkeypatch.setattr(fetch_requests, limit, value)
    monkeypatch.setenv("ATTRIBUTION_BATCH_SIZE", "2")
    environment.settings.cache_clear()
    says(desk, [item(n) for n in range(4)])
    with pytest.raises(HelpdeskInvalid, match=named):
        fetch(conn)
    assert conn.execute("SELECT count(*) AS n FROM attribution_requests").fetchone() == {"n": 0}


def test_a_private_address_is_refused(
    conn: Connection, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PRIVATE_URLS", "false")
    environment.settings.cache_clear()
    with pytest.raises(HelpdeskRefused, match="HELPDESK_URL"):
        fetch(conn)
    assert desk.requests == []


@pytest.mark.parametrize("name", ["HELPDESK_URL", "HELPDESK_KEY", "HELPDESK_SECRET"])
def test_a_missing_setting_is_named(
    conn: Connection, desk: Desk, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.delenv(name)
    environment.settings.cache_clear()
    with pytest.raises(StepFailed, match=f"{name} is not set"):
        fetch(conn)


@pytest.mark.parametrize("url", ["ftp://desk", "desk.example", "https://a b", "https://"])
def test_a_wrong_url_stops_the_start(url: str) -> None:
    with pytest.raises(SettingInvalid, match="HELPDESK_URL"):
        Settings.read({"HELPDESK_URL": url})


def test_without_a_catalog_nothing_is_fetched(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    with helpdesk.helpdesk([item(1)]) as desk:
        helpdesk.asks(monkeypatch, desk)
        with pytest.raises(CatalogMissing):
            fetch(conn)
        assert desk.requests == []
