"""Tickets a second through a deployed stack, and who spends the processor on them.

All tickets of a kind are posted at once; the clock stops when the last run is complete. Processor
time is that of LocalStack, of each function by its name, and of Postgres with its connections.
"""

import itertools
import os
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psycopg
import yaml
from rich.table import Table

from deskhand.catalog.parse import parse_catalog
from embedded.emulator import ROOT
from embedded.functions import DeployedStack, folder
from embedded.instance import Instance
from embedded.processes import descendants
from embedded.stack import running, wipe

TICKETS, WARM_UP, AT_ONCE = 60, 24, 8
GOAL = 0.4
WAIT_SECONDS = 900
INSTANCE = Instance("bench")
_TICKS = os.sysconf("SC_CLK_TCK")
_LOCALSTACK, _POSTGRES = "LocalStack", "Postgres"
_OUTAGE = "A critical outage: the whole site is down for all customers, nobody can work any more."


type Spent = dict[str, float]


@dataclass(frozen=True)
class Kind:
    """What became of the tickets of one kind; `spent` are seconds of the processor."""

    name: str
    seconds: float
    spent: Spent


def measure() -> Table:
    """New tickets, duplicates of an ordinary one, and duplicates of a critical one."""
    wipe(INSTANCE)
    with running(INSTANCE) as target:
        found = measured(target)
    wipe(INSTANCE)
    return found


def measured(target: dict[str, Any]) -> Table:
    """The same on a stack that runs, on which nothing else happens."""
    texts = _texts()
    kinds = {
        "new": texts,
        "duplicates": itertools.repeat(next(texts)),
        "of a critical one": itertools.repeat(("Site is down", _OUTAGE)),
    }
    for kind in kinds.values():
        _triage(target, kind, WARM_UP)
    return _table([_measured(target, name, kind) for name, kind in kinds.items()])


def _texts() -> Iterator[tuple[str, str]]:
    """Subjects and texts of all request types; each names another device, so none repeats one."""
    catalog = parse_catalog(yaml.safe_load((ROOT / "localstack/samples/catalog.yaml").read_text()))
    said = [
        (entry.request.name, example)
        for entry in catalog.entries
        for example in entry.request.examples
    ]
    for number, (subject, example) in enumerate(itertools.cycle(said)):
        device = f"{uuid.uuid4().int % 10**6:06}-{number}"
        yield f"{subject}, asset {device}", f"{example} It is about asset {device}."


def _measured(target: dict[str, Any], name: str, texts: Iterator[tuple[str, str]]) -> Kind:
    before, start = _spent(target), time.monotonic()
    _triage(target, texts, TICKETS)
    seconds = time.monotonic() - start
    after = _spent(target)
    return Kind(name, seconds, {who: after[who] - before.get(who, 0) for who in after})


def _triage(target: dict[str, Any], texts: Iterator[tuple[str, str]], number: int) -> None:
    """Posts that many tickets at once, and returns when all runs are complete."""
    with (
        httpx.Client(base_url=target["base_url"], timeout=60, trust_env=False) as client,
        ThreadPoolExecutor(AT_ONCE) as pool,
        psycopg.connect(target["dsn"], autocommit=True) as conn,
    ):
        posted = itertools.islice(texts, number)
        runs = list(pool.map(lambda text: _post(client, *text), posted))
        deadline = time.monotonic() + WAIT_SECONDS
        while left := _open(conn, runs):
            if time.monotonic() > deadline:
                raise TimeoutError(f"{left} runs do not end")
            time.sleep(0.2)


def _post(client: httpx.Client, subject: str, body: str) -> int:
    ticket = {"subject": subject, "body": body, "customer_id": f"c-{uuid.uuid4().hex[:6]}"}
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    answer = client.post("/tickets", json=ticket, headers=headers).raise_for_status()
    return int(answer.json()["workflow_run_id"])


def _open(conn: Any, runs: list[int]) -> int:
    query = "SELECT count(*) FROM runs WHERE id = ANY (%s) AND status <> 'COMPLETED'"
    return int(conn.execute(query, [runs]).fetchone()[0])


def _spent(target: dict[str, Any]) -> Spent:
    """Seconds of the processor so far, by who spent them."""
    emulator, server = INSTANCE.emulator.daemon.pid, INSTANCE.postgres.pid
    if emulator is None or server is None:
        raise RuntimeError("the stack does not run")
    stack = DeployedStack(target["aws_endpoint"])
    names = {name: folder(which) for which, name in stack.physical("AWS::Lambda::Function").items()}
    spent: Spent = {_LOCALSTACK: _seconds(emulator)}
    for process in descendants(emulator):
        name = names.get(_function(process.pid), _LOCALSTACK)
        spent[name] = spent.get(name, 0) + _seconds(process.pid)
    # The server adds up what its ended connections have spent.
    spent[_POSTGRES] = _seconds(server, ended_children=True)
    spent[_POSTGRES] += sum(_seconds(process.pid) for process in descendants(server))
    return spent


def _seconds(pid: int, *, ended_children: bool = False) -> float:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return 0.0
    ticks = [int(each) for each in stat[stat.rindex(")") + 2 :].split()[11:15]]
    return sum(ticks if ended_children else ticks[:2]) / _TICKS


def _function(pid: int) -> str:
    try:
        variables = Path(f"/proc/{pid}/environ").read_text().split("\0")
    except OSError:
        return ""
    return next((v[25:] for v in variables if v.startswith("AWS_LAMBDA_FUNCTION_NAME=")), "")


def _table(kinds: list[Kind]) -> Table:
    table = Table(title=f"{TICKETS} tickets of each kind, posted {AT_ONCE} at a time")
    table.add_column("seconds of the processor a ticket")
    for kind in kinds:
        table.add_column(kind.name, justify="right")

    def row(name: str, of: Any, digits: int = 3, style: str | None = None) -> None:
        table.add_row(name, *(f"{of(kind):.{digits}f}" for kind in kinds), style=style)

    row("tickets a second", lambda kind: TICKETS / kind.seconds, 2, "bold")
    row("together", lambda kind: sum(kind.spent.values()) / TICKETS)
    row(_LOCALSTACK, lambda kind: kind.spent[_LOCALSTACK] / TICKETS)
    row("functions and Postgres", lambda kind: _ours(kind) / TICKETS, style="bold")
    row(_POSTGRES, lambda kind: kind.spent[_POSTGRES] / TICKETS)
    for name in sorted(_names(kinds), key=lambda name: -kinds[-1].spent.get(name, 0)):
        row(f"  {name}", lambda kind, name=name: kind.spent.get(name, 0) / TICKETS)
    table.caption = f"goal for duplicates of a critical ticket: functions and Postgres <= {GOAL}"
    return table


def _names(kinds: list[Kind]) -> set[str]:
    """The functions that were at work."""
    names = {name for kind in kinds for name, seconds in kind.spent.items() if seconds > 0}
    return names - {_LOCALSTACK, _POSTGRES}


def _ours(kind: Kind) -> float:
    return sum(kind.spent.values()) - kind.spent[_LOCALSTACK]
