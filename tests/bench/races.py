"""Two thousand keys, each posted by sixteen processes at once: same and mixed payloads."""

import os
import tempfile
from pathlib import Path

from rich.table import Table

from deskhand.store.connection import open_connection
from deskhand.store.migrate import migrate
from embedded import aws, ports
from embedded.emulator import Emulator
from embedded.postgres import Server
from tests.races import POSTERS, Verdict, race

KEYS = int(os.environ.get("KEYS") or "2000")


def measure() -> Table:
    """Requests, answers by status and violations of both kinds; real database, real queue."""
    emulator = Emulator(Path(tempfile.mkdtemp(prefix="deskhand-bench-")), ports.unused_port())
    with Server.temporary() as server:
        emulator.launch()
        try:
            emulator.wait()
            queue = aws.client("sqs", emulator.url).create_queue(QueueName="bench")["QueueUrl"]
            environment = {
                "DATABASE_URL": server.dsn,
                "QUEUE_URL": queue,
                "ANONYMOUS_ROLE": "admin",
                "REQUESTS_PER_MINUTE": "1000000",  # the pace is taken, but nobody refused
                "AWS_ENDPOINT_URL": emulator.url,
                "AWS_DEFAULT_REGION": aws.REGION,
                "AWS_ACCESS_KEY_ID": aws.ACCESS_KEY,
                "AWS_SECRET_ACCESS_KEY": aws.SECRET_KEY,
                "POWERTOOLS_LOG_LEVEL": "WARNING",
            }
            with open_connection(server.dsn, wait_seconds=None) as conn:
                migrate(conn)
                kinds = {"same payload": False, "mixed payloads": True}
                found = {
                    name: race(conn, environment, KEYS, mixed=mixed)
                    for name, mixed in kinds.items()
                }
        finally:
            emulator.stop()
    return _table(found)


def _table(found: dict[str, Verdict]) -> Table:
    table = Table(title=f"{KEYS} keys x {POSTERS} processes at once")
    for column in ("", "requests", "202", "409", "422", "other", "a second", "violations"):
        table.add_column(column, justify="left" if not column else "right")
    for name, verdict in found.items():
        counted = [verdict.statuses[status] for status in (202, 409, 422)]
        other = verdict.statuses.total() - sum(counted)
        rate = f"{verdict.requests / verdict.seconds:.0f}"
        numbers = [str(n) for n in (verdict.requests, *counted, other)]
        table.add_row(name, *numbers, rate, str(len(verdict.violations)))
    return table
