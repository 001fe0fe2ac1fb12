"""A real run, pushed to a real pushgateway and scraped by a real Prometheus: no panel is empty."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import boto3
import httpx
import pytest

from deskhand.settings.environment import settings
from deskhand.store import runs
from deskhand.store.connection import Connection
from deskhand.store.outbox import Message
from embedded.emulator import ROOT
from embedded.errors import EmbeddedError
from embedded.ports import unused_port
from embedded.prometheus import Prometheus
from embedded.pushgateway import Pushgateway
from functions.publish_metrics.handler import handler as publish
from tests import arrange
from tests.contract import queries
from tests.functions.gateway import call
from tests.patience import HUNG_SECONDS, wait_until
from tests.statemachine.conftest import Machine

SOURCE = "https://example.com/catalog.yaml"


@pytest.fixture
def prometheus(tmp_path: Path) -> Iterator[Prometheus]:
    """Prometheus, which scrapes a pushgateway of its own every second."""
    cache = ROOT / ".local/pushgateway"
    gateway = Pushgateway(tmp_path / "pushgateway", unused_port(), cache)
    server = Prometheus(tmp_path / "prometheus", unused_port(), "test", gateway.url, 1)
    try:
        gateway.start()
        server.start()
        yield server
    except EmbeddedError as error:
        pytest.skip(str(error))
    finally:
        server.stop()
        gateway.stop()


def asked(prometheus: Prometheus, query: str) -> list[dict[str, Any]]:
    """The series that the query gives now."""
    reply = httpx.get(
        f"{prometheus.url}/api/v1/query",
        params={"query": query},
        timeout=HUNG_SECONDS,
        trust_env=False,
    )
    document = reply.json()
    assert document["status"] == "success", document
    found: list[dict[str, Any]] = document["data"]["result"]
    return found


def test_every_panel_shows_something_of_a_real_run(
    conn: Connection,
    catalog: None,
    machine: Machine,
    prometheus: Prometheus,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """F-M1 F-M3"""
    for variable, queue in (("QUEUE_URL", "tickets"), ("DEAD_LETTER_QUEUE_URL", "dead")):
        made = boto3.client("sqs").create_queue(QueueName=queue)
        monkeypatch.setenv(variable, made["QueueUrl"])
    monkeypatch.setenv("PUSHGATEWAY_URL", prometheus.pushgateway)
    monkeypatch.setenv("CATALOG_SOURCE", SOURCE)
    settings.cache_clear()
    conn.execute("INSERT INTO catalog_source (location, checked_at) VALUES (%s, now())", [SOURCE])

    def created() -> float:
        series = asked(prometheus, 'tickets_created_total{job="deskhand", stack="test"}')
        return float(series[0]["value"][1]) if series else -1

    assert publish({}, None)["pushed"]
    wait_until(lambda: created() == 0, "a scrape of the zeros")
    ticket = {"subject": "VPN drops", "body": "Remote access fails.", "customer_id": "c-1"}
    answer = call("POST", "/tickets", ticket)
    assert answer.status == 202
    message = Message(UUID(answer.body["ticket_id"]), answer.body["workflow_run_id"], 1)
    assert machine.run(message)["status"] == "SUCCEEDED"
    runs.fail(conn, arrange.accepted(conn)[1], 1, "Broken", "why")
    assert publish({}, None)["pushed"]
    wait_until(lambda: created() == 2, "a scrape of the run")

    assert asked(prometheus, 'tickets_processed_total{status="FAILED"}')[0]["value"][1] == "1"
    assert [place for place, query in queries.panels() if not asked(prometheus, query)] == []
    for rule in queries.rules():
        asked(prometheus, rule["expr"])
        for selector in queries.selectors(rule["expr"]):
            matched = ", ".join(str(selector).partition(" offset ")[0].splitlines())
            assert asked(prometheus, matched), (rule["alert"], matched)
    series = asked(prometheus, 'count({job="deskhand", __name__!~"push_.*"})')
    assert int(series[0]["value"][1]) <= 300
