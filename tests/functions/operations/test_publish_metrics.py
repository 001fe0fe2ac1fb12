"""Metrics on their way to a pushgateway: a real HTTP server that keeps what it was sent."""

import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import boto3
import pytest
from prometheus_client.parser import text_string_to_metric_families

from deskhand.settings.environment import settings
from deskhand.settings.version import VERSION
from deskhand.store import runs
from deskhand.store.connection import Connection
from functions.publish_metrics.handler import handler
from tests import arrange
from tests.functions.conftest import event


class Gateway(BaseHTTPRequestHandler):
    """Takes a group of metrics as the pushgateway does."""

    received: tuple[str, str] = ("", "")

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        type(self).received = (self.path, body.decode())
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def gateway(dead: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Gateway]]:
    Gateway.received = ("", "")
    server = HTTPServer(("127.0.0.1", 0), Gateway)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("PUSHGATEWAY_URL", f"http://127.0.0.1:{server.server_port}")
    settings.cache_clear()
    yield Gateway
    server.shutdown()
    thread.join()
    server.server_close()


def test_totals_arrive_in_one_group(conn: Connection, gateway: type[Gateway]) -> None:
    """F-M1"""
    arrange.accepted(conn)
    _, run_id = arrange.accepted(conn)
    runs.fail(conn, run_id, 1, "Broken", "why")
    assert handler(event("publish_metrics"), None)["pushed"] is True
    path, text = gateway.received
    assert path == "/metrics/job/deskhand"
    samples = {
        (s.name, tuple(sorted(s.labels.items()))): s.value
        for family in text_string_to_metric_families(text)
        for s in family.samples
    }
    assert samples["tickets_created_total", ()] == 2
    assert samples["tickets_processed_total", (("status", "FAILED"),)] == 1
    assert samples["ticket_processing_duration_seconds_bucket", (("le", "+Inf"),)] == 1
    assert samples["ticket_processing_duration_seconds_count", ()] == 1
    assert samples["build_info", (("version", VERSION),)] == 1


def test_a_gateway_that_is_away_costs_no_data(
    conn: Connection, gateway: type[Gateway], monkeypatch: pytest.MonkeyPatch
) -> None:
    address = settings().pushgateway_url
    monkeypatch.setenv("PUSHGATEWAY_URL", "http://127.0.0.1:9")
    settings.cache_clear()
    arrange.accepted(conn)
    assert handler(event("publish_metrics"), None) == {
        "folded": 2, "more": False, "pushed": False
    }  # fmt: skip
    monkeypatch.setenv("PUSHGATEWAY_URL", address)
    settings.cache_clear()
    assert handler(event("publish_metrics"), None) == {
        "folded": 0, "more": False, "pushed": True
    }  # fmt: skip
    assert "tickets_created_total 1.0" in gateway.received[1]


@pytest.mark.parametrize("answers", [True, False])
def test_dead_letters_are_a_figure_while_their_queue_answers(
    conn: Connection,
    gateway: type[Gateway],
    dead: str,
    answers: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """F-M1"""
    for _ in range(3):
        boto3.client("sqs").send_message(QueueUrl=dead, MessageBody="poison")
    if not answers:
        monkeypatch.setenv("DEAD_LETTER_QUEUE_URL", dead + "-is-gone")
        settings.cache_clear()
    assert handler(event("publish_metrics"), None)["pushed"] is True
    assert ('{queue="dead_letters",state="visible"} 3.0\n' in gateway.received[1]) is answers


def test_a_gateway_that_hangs_is_not_waited_for(
    conn: Connection, dead: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("PUSHGATEWAY_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        settings.cache_clear()
        assert handler(event("publish_metrics"), None)["pushed"] is False


def test_cloudwatch_gets_increases_and_gauges(
    conn: Connection,
    dead: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """F-M1: in its embedded metric format, each line with its labels, without a pushgateway."""
    monkeypatch.setenv("METRICS_NAMESPACE", "Deskhand")
    settings.cache_clear()
    arrange.accepted(conn)
    told = []
    for _ in range(2):
        assert handler(event("publish_metrics"), None)["pushed"] is False
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        told.append([line for line in lines if "_aws" in line])
    [created] = [line for line in told[0] if "tickets_created_total" in line]
    assert created["tickets_created_total"] == [1.0]
    assert created["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "Deskhand"
    [pending] = [line for line in told[1] if line.get("status") == "PENDING"]
    assert pending["runs_open"] == [1.0]
    assert "status" in pending["_aws"]["CloudWatchMetrics"][0]["Dimensions"][0]
    assert not any("tickets_created_total" in line for line in told[1])
