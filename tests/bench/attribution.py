"""A whole run of attribution: time and memory of each function, and calls of models."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from rich.table import Table

from deskhand.store import attribution, runs
from deskhand.store.connection import Connection, open_connection
from deskhand.store.migrate import migrate
from embedded.postgres import Server
from tests import helpdesk
from tests.bench.alone import bucket
from tests.bench.report import GOAL_MB
from tests.helpdesk import VPN, item, sorts
from tests.wire.models.model_server import Act, ModelServer, says

REQUESTS, BATCH = 50_000, 30
# Each request is compared with every phrase: so many tell as much as all of them.
OFFLINE_REQUESTS = 3_000
# Not ru_maxrss: a process inherits its parent's.
_CALLED = """
import json, re, sys, time
from functions.{function}.handler import handler
start = time.perf_counter()
verdicts = [handler(event, None) for event in json.load(sys.stdin)]
seconds = time.perf_counter() - start
peak = re.search(r'VmHWM:\\s+(\\d+)', open('/proc/self/status').read())
print(json.dumps([seconds, int(peak[1]) / 1024, verdicts[-1]]))
"""

type Called = tuple[float, float, dict[str, Any]]


def measure() -> Table:
    """Seconds and megabytes of each function, and how often a model was asked."""
    table = Table(title=f"attribution; goals: BuildReport {GOAL_MB} MB, 3 and 7 calls of models")
    for column in ("", "calls", "seconds", "seconds each", "memory MB", "of models"):
        table.add_column(column, justify="right" if column else "left")
    for title, script, requests in (
        ("a model", [sorts(lambda _: VPN)], REQUESTS),
        ("offline", None, OFFLINE_REQUESTS),
        ("a model", [sorts(lambda _: VPN)], 65),
        ("a model that answers nonsense", [says("no")], BATCH),
    ):
        _add_run(table, f"{requests:,} requests, {title}", script, requests)
    return table


def _add_run(table: Table, title: str, script: Sequence[Act] | None, requests: int) -> None:
    """Goes through the functions of a run, in the order of the state machine."""
    with _surroundings(script, requests) as (conn, environment):
        message = attribution.start(conn, "bench", "req-1")
        if message is None:
            raise RuntimeError("another run is open")
        event = {"run_id": message.run_id, "attempt": message.attempt}
        table.add_section()
        fetched = _call("fetch_requests", [event], environment)
        _add(table, f"{title}: fetch_requests", 1, fetched)
        batches = [{**event, "revision": number} for number in fetched[2]["batches"]]
        asked = _call("classify_batch", batches, environment)
        counts = (attribution.run(conn, message.run_id) or {})["counts"]
        _add(table, "classify_batch", len(batches), asked, f"{counts['calls']:,}")
        _add(table, "build_report", 1, _call("build_report", [event], environment))
        # A database has one open run.
        runs.fail(conn, message.run_id, message.attempt, "Measured", "it is enough", "send_report")


def _add(table: Table, title: str, calls: int, found: Called, models: str = "") -> None:
    seconds, memory, _ = found
    each = f"{seconds / calls:.3f}" if calls > 1 else ""
    table.add_row(title, f"{calls:,}", f"{seconds:.1f}", each, f"{memory:.0f}", models)


def _call(function: str, events: Sequence[dict[str, Any]], environment: dict[str, str]) -> Called:
    done = subprocess.run(
        [sys.executable, "-c", _CALLED.format(function=function)],
        input=json.dumps(events),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    found: Called = tuple(json.loads(done.stdout.splitlines()[-1]))
    return found


@contextmanager
def _surroundings(
    script: Sequence[Act] | None, requests: int
) -> Iterator[tuple[Connection, dict[str, str]]]:
    """A database with a catalog, a helpdesk, a bucket, and a model if there is a script for one."""
    with ExitStack() as stack:
        server = stack.enter_context(Server.temporary())
        conn = stack.enter_context(open_connection(server.dsn, wait_seconds=None))
        migrate(conn)
        helpdesk.in_force(conn)
        desk = stack.enter_context(helpdesk.helpdesk([item(n) for n in range(requests)]))
        model = stack.enter_context(ModelServer(*script)) if script else None
        yield (
            conn,
            {
                "DATABASE_URL": server.dsn,
                "HELPDESK_URL": f"{desk.url}/hook",
                "HELPDESK_KEY": helpdesk.KEY,
                "HELPDESK_SECRET": helpdesk.SECRET,
                "PRIVATE_URLS": "true",
                "LLM_PROVIDERS": "openai:any" if model else "offline",
                "OPENAI_BASE_URL": model.url if model else "",
                "OPENAI_API_KEY": "k",
                "REPORTS_BUCKET": "reports",
                "AWS_ENDPOINT_URL": stack.enter_context(bucket()),
                "AWS_ACCESS_KEY_ID": "x",
                "AWS_SECRET_ACCESS_KEY": "x",
                "AWS_DEFAULT_REGION": "us-east-1",
                "POWERTOOLS_LOG_LEVEL": "ERROR",
            },
        )
