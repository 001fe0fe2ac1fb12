"""One ticket through a deployed workflow: transitions, model calls, seconds, and AWS's price.

Beside it, as plain arithmetic, a pipeline that puts six steps with a model call each in a row.
"""

import statistics
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg
from rich.console import Group
from rich.table import Table

from embedded import aws
from embedded.functions import DeployedStack, logical_id
from embedded.instance import Instance
from embedded.stack import running, wipe
from tests.statemachine.scripted import PROMPTS, good, scripted
from tests.wire.models.model_server import Act, Handler

TICKETS, WARM_UP = 8, 3
MODEL_SECONDS = 1.0
GOAL_DOLLARS = 0.50
# List prices in US dollars for us-east-1 beyond the free tiers, as known on 2026-11-26: those of
# Step Functions and API Gateway read at AWS, the others where the named page is quoted.
PER_TRANSITION = 0.025 / 1000  # aws.amazon.com/step-functions/pricing, standard workflows
PER_INVOCATION = 0.20 / 1e6  # aws.amazon.com/lambda/pricing, x86
PER_GB_SECOND = 0.0000166667  # the same
PER_API_CALL = 3.50 / 1e6  # aws.amazon.com/api-gateway/pricing, REST
PER_QUEUE_CALL = 0.40 / 1e6  # aws.amazon.com/sqs/pricing, standard
# A message is sent, received and deleted; a ticket's post is one call of the API.
QUEUE_CALLS, API_CALLS = 3, 1
# ingest and dispatch, in whole milliseconds beside the steps: rather too much.
ASIDE_MS, ASIDE_GB = 100, 0.5
SEQUENTIAL = 6
INSTANCE = Instance("bench")
TICKET = {"body": "The tunnel drops every few minutes.", "customer_id": "c-1"}


@dataclass(frozen=True)
class Triaged:
    """What became of one ticket; `tasks` are (state, seconds, GB) of each function call."""

    seconds: float
    states: list[str]
    tasks: list[tuple[str, float, float]]
    model_calls: int
    draft: str

    @property
    def dollars(self) -> float:
        """What AWS asks for it, its database and its models aside."""
        calls = len(self.tasks) + 2
        gb_seconds = sum(seconds * gb for _, seconds, gb in self.tasks)
        gb_seconds += 2 * ASIDE_MS / 1000 * ASIDE_GB
        return (
            # Some count the way to the end as one more.
            (len(self.states) + 1) * PER_TRANSITION
            + calls * PER_INVOCATION
            + gb_seconds * PER_GB_SECOND
            + API_CALLS * PER_API_CALL
            + QUEUE_CALLS * PER_QUEUE_CALL
        )


def measure() -> Group:
    """Without a model, and with one that takes a second for each answer."""
    wipe(INSTANCE)
    with running(INSTANCE) as target:
        found = triaged(target)
    wipe(INSTANCE)
    return found


def triaged(target: dict[str, Any]) -> Group:
    """The same on a stack that runs, on which nothing else happens."""
    slow: dict[str, list[Act]] = {name: [_after(MODEL_SECONDS, good(name))] for name in PROMPTS}
    offline = _triaged(target)
    with scripted(**slow) as (url, _), _asking(DeployedStack(target["aws_endpoint"]), url):
        asked = _triaged(target)
    return Group(_table(offline, asked), _costs(offline))


def _after(seconds: float, act: Act) -> Act:
    def later(handler: Handler) -> None:
        time.sleep(seconds)
        act(handler)

    return later


@contextmanager
def _asking(stack: DeployedStack, url: str) -> Iterator[None]:
    """Every step that may ask a model asks the one at that address, and no other."""
    variables = {"LLM_PROVIDERS": "openai:m", "OPENAI_BASE_URL": url, "OPENAI_API_KEY": "k"}
    with ExitStack() as configured:
        for name in PROMPTS:
            configured.enter_context(stack.configure(logical_id(name), variables))
        yield


def _triaged(target: dict[str, Any]) -> list[Triaged]:
    """Tickets one after the other; each is deleted, so that the next one repeats none."""
    with (
        httpx.Client(base_url=target["base_url"], timeout=60, trust_env=False) as client,
        psycopg.connect(target["dsn"], autocommit=True) as conn,
    ):
        found = [_one(target, client, conn, n) for n in range(WARM_UP + TICKETS)]
    return found[WARM_UP:]


def _one(target: dict[str, Any], client: httpx.Client, conn: Any, number: int) -> Triaged:
    subject = f"VPN disconnects ({number}, {uuid.uuid4().hex[:6]})"
    accepted = client.post("/tickets", json={**TICKET, "subject": subject}).raise_for_status()
    ids = accepted.json()
    run = _ended(client, ids["workflow_run_id"])
    ticket = client.get(f"/tickets/{ids['ticket_id']}").json()
    states, tasks = _history(target, run["execution_arn"])
    calls = conn.execute(
        "SELECT count(*) FROM model_calls WHERE run_id = %s AND provider <> 'offline'", [run["id"]]
    ).fetchone()[0]
    client.delete(f"/tickets/{ids['ticket_id']}").raise_for_status()
    seconds = _moment(run["finished_at"]) - _moment(run["created_at"])
    return Triaged(seconds.total_seconds(), states, tasks, calls, ticket["draft"]["kind"])


def _ended(client: httpx.Client, run_id: int) -> dict[str, Any]:
    for _ in range(600):
        run: dict[str, Any] = client.get(f"/runs/{run_id}").json()
        if run["status"] == "COMPLETED":
            return run
        time.sleep(0.1)
    raise TimeoutError(f"run {run_id} does not end")


def _history(target: dict[str, Any], arn: str) -> tuple[list[str], list[tuple[str, float, float]]]:
    """The states entered, and each function call with its seconds and its memory."""
    client = aws.client("stepfunctions", target["aws_endpoint"])
    pages = client.get_paginator("get_execution_history").paginate(executionArn=arn)
    events = {event["id"]: event for page in pages for event in page["events"]}
    states = [
        event["stateEnteredEventDetails"]["name"]
        for event in events.values()
        if event["type"].endswith("StateEntered")
    ]
    memory = _memory(target)
    tasks = []
    for event in events.values():
        if event["type"] == "LambdaFunctionSucceeded":
            began = _scheduled(events, event)
            function = began["lambdaFunctionScheduledEventDetails"]["resource"].split(":")[6]
            seconds = (event["timestamp"] - began["timestamp"]).total_seconds()
            tasks.append((function, seconds, memory[function]))
    return states, tasks


def _scheduled(events: dict[int, Any], event: dict[str, Any]) -> dict[str, Any]:
    """The event by which a function call began."""
    while event["type"] != "LambdaFunctionScheduled":
        event = events[event["previousEventId"]]
    return event


def _memory(target: dict[str, Any]) -> dict[str, float]:
    pages = aws.client("lambda", target["aws_endpoint"]).get_paginator("list_functions").paginate()
    return {f["FunctionName"]: f["MemorySize"] / 1024 for page in pages for f in page["Functions"]}


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def _table(offline: list[Triaged], asked: list[Triaged]) -> Table:
    table = Table(title=f"one ticket through the workflow, {TICKETS} of each, one at a time")
    for column in ("", "without a model", "a model of 1 s", "six steps in a row"):
        table.add_column(column, justify="left" if not column else "right")

    def row(name: str, of: Any, beside: str) -> None:
        table.add_row(name, of(offline), of(asked), beside)

    row("draft", lambda found: "/".join(sorted({each.draft for each in found})), "")
    row("model calls", lambda f: f"{statistics.mean(each.model_calls for each in f):.1f}", "6")
    # Classify beside ExtractEntities, then the draft, then its review.
    table.add_row("of these one after the other", "0", "3", str(SEQUENTIAL))
    row("median seconds", lambda f: f"{_median(f):.2f}", f">= {SEQUENTIAL * MODEL_SECONDS:.2f}")
    row("slowest", lambda f: f"{max(each.seconds for each in f):.2f}", "")
    row("states entered", lambda f: str(max(len(each.states) for each in f)), "<= 12 is the goal")
    return table


def _median(found: list[Triaged]) -> float:
    return statistics.median(each.seconds for each in found)


def _costs(offline: list[Triaged]) -> Table:
    table = Table(title="AWS's list prices for 1,000 tickets without models, US dollars")
    for column in ("", "a ticket", "1,000 tickets"):
        table.add_column(column, justify="left" if not column else "right")
    states = max(len(each.states) for each in offline) + 1
    calls = len(offline[0].tasks) + 2
    gb = statistics.mean(sum(seconds * size for _, seconds, size in each.tasks) for each in offline)
    gb += 2 * ASIDE_MS / 1000 * ASIDE_GB
    whole = statistics.mean(each.dollars for each in offline) * 1000
    table.add_row("transitions, and the end", str(states), f"{states * PER_TRANSITION * 1000:.3f}")
    table.add_row("functions called", str(calls), f"{calls * PER_INVOCATION * 1000:.4f}")
    table.add_row("GB-seconds here", f"{gb:.2f}", f"{gb * PER_GB_SECOND * 1000:.4f}")
    rest = (API_CALLS * PER_API_CALL + QUEUE_CALLS * PER_QUEUE_CALL) * 1000
    table.add_row("API and queue", f"{API_CALLS} + {QUEUE_CALLS}", f"{rest:.4f}")
    table.add_row("together", "", f"{whole:.3f}", style="bold")
    table.caption = f"goal: <= {GOAL_DOLLARS:.2f}; schedules, logs and the database are not in it"
    return table
