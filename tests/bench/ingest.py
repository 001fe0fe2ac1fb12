"""The warm ingest handler against the same SQL and the same SQS send, nothing else."""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from rich.table import Table

from deskhand.store.connection import open_connection
from deskhand.store.migrate import migrate
from embedded import aws, ports
from embedded.emulator import Emulator
from embedded.postgres import Server

ROUNDS = 400
GOAL = 1.3


def measure() -> Table:
    """Median and p95 of both, in milliseconds, and the ratio of the medians."""
    directory = Path(tempfile.mkdtemp(prefix="deskhand-bench-"))
    emulator = Emulator(directory, ports.unused_port())
    with Server.temporary() as server:
        emulator.launch()
        try:
            emulator.wait()
            _environment(server.dsn, emulator.url)
            floor, handler = _timed(server.dsn)
        finally:
            emulator.stop()
    return _table(floor, handler)


def _environment(dsn: str, endpoint: str) -> None:
    queue = aws.client("sqs", endpoint).create_queue(QueueName="bench")["QueueUrl"]
    os.environ.update(
        DATABASE_URL=dsn,
        ANONYMOUS_ROLE="admin",
        REQUESTS_PER_MINUTE="1000000",  # what the pace costs is measured, but nobody refused
        QUEUE_URL=queue,
        AWS_ENDPOINT_URL=endpoint,
        AWS_DEFAULT_REGION=aws.REGION,
        AWS_ACCESS_KEY_ID=aws.ACCESS_KEY,
        AWS_SECRET_ACCESS_KEY=aws.SECRET_KEY,
        POWERTOOLS_LOG_LEVEL="WARNING",
    )


def _timed(dsn: str) -> tuple[list[float], list[float]]:
    """Both in turn, so that whatever else the machine does meets both alike."""
    with open_connection(dsn) as conn:
        migrate(conn)
    pairs: list[tuple[Callable[[int], object], list[float]]]
    pairs = [(_floor(dsn), []), (_handler(), [])]
    for n in range(ROUNDS + 20):
        for run, times in pairs:
            start = time.perf_counter()
            run(n)
            # The first rounds open connections and fill caches.
            if n >= 20:
                times.append((time.perf_counter() - start) * 1000)
    return pairs[0][1], pairs[1][1]


def _floor(dsn: str) -> Callable[[int], object]:
    from deskhand.intake import queue
    from deskhand.store import intake, outbox
    from deskhand.store.outbox import Message
    from tests import arrange

    conn = open_connection(dsn)
    url, client = os.environ["QUEUE_URL"], queue.sqs()

    def run(n: int) -> None:
        request = arrange.request(key=f"floor-{n}")
        accepted = intake.accept(conn, request)
        assert accepted is not None
        message = Message(request.ticket_id, accepted.run_id, 1)
        client.send_message(QueueUrl=url, MessageBody=message.to_json())
        outbox.mark_sent(conn, [message])

    return run


def _handler() -> Callable[[int], object]:
    from functions.ingest.handler import handler
    from tests import arrange

    event = json.loads(Path("events/ingest.json").read_text())
    event["body"] = json.dumps(
        {name: arrange.COLUMNS[name] for name in ("subject", "body", "customer_id")}
    )

    def run(n: int) -> None:
        event["multiValueHeaders"]["Idempotency-Key"] = [f"handler-{n}"]
        reply = handler(event, None)
        assert reply["statusCode"] == 202

    return run


def _table(floor: list[float], handler: list[float]) -> Table:
    table = Table(title=f"ingest, warm, {ROUNDS} requests each, in turn")
    for column in ("", "median ms", "p95 ms", "ratio", "goal"):
        table.add_column(column, justify="left" if not column else "right")
    table.add_row("same SQL + same send", *_figures(floor), "1.00", "")
    ratio = statistics.median(handler) / statistics.median(floor)
    table.add_row("handler", *_figures(handler), f"{ratio:.2f}", f"<= {GOAL}")
    return table


def _figures(times: list[float]) -> tuple[str, str]:
    return f"{statistics.median(times):.2f}", f"{statistics.quantiles(times, n=20)[-1]:.2f}"
