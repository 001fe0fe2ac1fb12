"""One X-Request-ID and one trace, from the request to the webhook."""

import io
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import boto3
import pytest
from psycopg.sql import SQL, Identifier

from deskhand.logs import log
from deskhand.settings.environment import settings
from deskhand.store.connection import Connection
from functions.dispatch.handler import handler as dispatch
from functions.notify.handler import handler as notify
from tests.environment import new_environment
from tests.functions.conftest import event
from tests.functions.gateway import call
from tests.patience import wait_until
from tests.statemachine.conftest import Machine

REQUEST = "follow-me-1"
TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


class Receiver(BaseHTTPRequestHandler):
    """Takes webhooks and keeps their headers."""

    received: ClassVar[list[dict[str, str]]] = []

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.received.append({name.lower(): value for name, value in self.headers.items()})
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def webhook() -> Iterator[str]:
    Receiver.received.clear()
    server = HTTPServer(("127.0.0.1", 0), Receiver)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()
    thread.join()
    server.server_close()


def test_one_id_leads_through_everything(
    conn: Connection,
    catalog: None,
    machine: Machine,
    webhook: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """F-M4: headers, queue, execution, steps, calls of models, events and notices."""
    monkeypatch.setenv("QUEUE_URL", boto3.client("sqs").create_queue(QueueName="q")["QueueUrl"])
    monkeypatch.setenv("STATE_MACHINE_ARN", machine.arn)
    monkeypatch.setenv("PRIVATE_URLS", "true")
    monkeypatch.setenv("WEBHOOK_SECRET", "whsec_c2VjcmV0")
    monkeypatch.setenv("_X_AMZN_TRACE_ID", TRACE)
    new_environment()
    printed = io.StringIO()
    monkeypatch.setattr(log.registered_handler, "stream", printed)
    ticket = {"subject": "VPN drops", "body": "Remote access fails.", "customer_id": "c-1"}
    answer = call("POST", "/tickets", ticket, headers={"X-Request-ID": REQUEST})
    assert answer.headers["X-Request-ID"] == REQUEST

    [message] = boto3.client("sqs").receive_message(
        QueueUrl=settings().queue_url,
        MessageAttributeNames=["All"],
        MessageSystemAttributeNames=["All"],
    )["Messages"]
    assert message["Attributes"]["AWSTraceHeader"] == TRACE
    started: list[dict[str, Any]] = []
    client = machine.client
    [record] = event("dispatch")["Records"]
    sent = message["MessageAttributes"]["request_id"]["StringValue"]
    record |= {
        "body": message["Body"],
        "attributes": {**record["attributes"], "AWSTraceHeader": TRACE},
        "messageAttributes": {"request_id": {"stringValue": sent, "dataType": "String"}},
    }
    monkeypatch.setattr(
        "deskhand.workflow.executions.step_functions",
        lambda: _Noting(client, started),
    )
    assert dispatch({"Records": [record]}, None) == {"batchItemFailures": []}
    assert started[0]["traceHeader"] == TRACE
    assert REQUEST not in started[0]["input"]
    wait_until(
        lambda: conn.execute("SELECT FROM runs WHERE status = 'COMPLETED'").rowcount, "the run"
    )

    ticket_id = answer.body["ticket_id"]
    conn.execute(
        "INSERT INTO escalations (ticket_id, level, at) VALUES (%s, 1, now())", [ticket_id]
    )
    conn.execute(
        "INSERT INTO notices (id, ticket_id, level, recipient, content)"
        ' VALUES (gen_random_uuid(), %s, 1, %s, \'{"at": "now"}\')',
        [ticket_id, webhook],
    )
    assert notify(event("notify"), None)["sent"] == 1
    assert [each["x-request-id"] for each in Receiver.received] == [REQUEST]

    lines = [json.loads(line) for line in printed.getvalue().splitlines()]
    about = [line for line in lines if "run_id" in line or "notice_id" in line]
    assert {line["request_id"] for line in about} == {REQUEST}
    assert {"started", "notice sent"} <= {line["message"] for line in about}
    for table in ("model_calls", "events"):
        query = SQL("SELECT DISTINCT request_id FROM {} JOIN runs ON runs.id = run_id")
        found = conn.execute(query.format(Identifier(table))).fetchall()
        assert [row["request_id"] for row in found] == [REQUEST], table


class _Noting:
    """A client of Step Functions that notes what it was asked to start."""

    def __init__(self, client: Any, started: list[dict[str, Any]]) -> None:
        self._client, self._started = client, started

    def start_execution(self, **asked: Any) -> Any:
        self._started.append(asked)
        return self._client.start_execution(**asked)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)
