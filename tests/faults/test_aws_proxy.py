"""The proxy before LocalStack: what arrives there and what the caller gets."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from embedded import ports
from tests.faults.aws_proxy import AwsProxy
from tests.faults.known import Known
from tests.faults.plans import Always, Calm, Plan
from tests.faults.trips import Fault, Trip

QUEUE = "http://127.0.0.1:1/queue/us-east-1/000000000000/tickets"
MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:triage"


class Way:
    """A service that takes everything, behind a proxy."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.plan: Plan = Calm()
        self.port, self.service_port = ports.unused_port(), ports.unused_port()
        self.proxy = AwsProxy(self.port, self.service_port, Known(), self._ask)

    def _ask(self, trip: Trip) -> Fault | None:
        return self.plan.fault(trip)

    def client(self, service: Any) -> Any:
        once = Config(retries={"total_max_attempts": 1}, proxies={})
        return boto3.client(service, endpoint_url=f"http://127.0.0.1:{self.port}", config=once)

    def send(self) -> dict[str, Any]:
        return dict(self.client("sqs").send_message(QueueUrl=QUEUE, MessageBody="m"))


@pytest.fixture
def way() -> Iterator[Way]:
    made = Way()

    class Service(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            made.taken.append(json.loads(body))
            # What SQS answers: the digest is that of "m".
            answer = json.dumps(
                {"MessageId": "id", "MD5OfMessageBody": "6f8f57715090da2632453988d9a1501b"}
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.0")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", made.service_port), Service)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with made.proxy:
        yield made
    server.shutdown()
    server.server_close()


def test_a_call_passes_and_is_named(way: Way) -> None:
    way.plan = calm = Calm()
    assert way.send()["MessageId"] == "id"
    assert calm.seen == {"ingest": [Trip("ingest", "aws", "SendMessage")]}
    assert way.taken == [{"QueueUrl": QUEUE, "MessageBody": "m"}]


@pytest.mark.parametrize(
    ("fault", "taken"), [(Fault.CUT_BEFORE, 0), (Fault.CUT_AFTER, 1), (Fault.THRICE, 3)]
)
def test_what_arrives(way: Way, fault: Fault, taken: int) -> None:
    way.plan = Always(lambda trip: trip.what == "SendMessage", fault)
    if fault == Fault.THRICE:
        assert way.send()["MessageId"] == "id"
    else:
        with pytest.raises(BotoCoreError):
            way.send()
    assert len(way.taken) == taken


@pytest.mark.parametrize(("fault", "status"), [(Fault.REFUSED, 500), (Fault.THROTTLED, 400)])
def test_a_refusal_looks_like_one_of_the_service(way: Way, fault: Fault, status: int) -> None:
    way.plan = Always(lambda trip: True, fault)
    with pytest.raises(ClientError) as refusal:
        way.send()
    assert refusal.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    assert way.taken == []


def test_a_swallowed_call_looks_done(way: Way) -> None:
    way.plan = Always(lambda trip: True, Fault.SWALLOWED)
    assert way.send()["MessageId"]
    batch = way.client("sqs").send_message_batch(
        QueueUrl=QUEUE, Entries=[{"Id": "0", "MessageBody": "m"}]
    )
    assert [each["Id"] for each in batch["Successful"]] == ["0"]
    started = way.client("stepfunctions").start_execution(
        stateMachineArn=MACHINE, name="n", input="{}"
    )
    assert started["executionArn"].endswith(":execution:triage:n")
    assert way.taken == []
