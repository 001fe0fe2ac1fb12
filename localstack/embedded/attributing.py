"""Runs attribution on the running stack: a progress bar, then the counts, the report, its mail."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from embedded.download import download
from embedded.errors import EmbeddedError
from embedded.following import ENDED
from embedded.mail_catcher import MailCatcher, describe
from embedded.patience import Patience

_PATIENCE_SECONDS = 300
# The names of the counts for people, in the order of the work.
_COUNTS = {
    "fetched": "fetched",
    "unreadable": "unreadable",
    "values_unread": "values not read",
    "complete": "complete already",
    "classified": "classified",
    "rejected": "rejected pairs",
    "conflict": "conflicts",
    "missing": "missing",
    "failed": "failed requests",
    "batches": "batches",
    "batches_failed": "failed batches",
    "calls": "calls of models",
    "splits": "split calls",
    "sla_ignored": "SLA answers ignored",
    "sent": "sent",
    "cost_usd": "cost in US dollars",
}

type Run = dict[str, Any]


def attribute(
    base_url: str, admin: str, console: Console, folder: Path, catcher: MailCatcher | None
) -> int:
    """Start a run, follow it to its end, show its counts; return the exit status.

    Its report is stored in the folder; its mail is shown if there is a mail catcher that has it.
    """
    headers = {"Authorization": f"Bearer {admin}"}
    with httpx.Client(base_url=base_url, headers=headers, timeout=30, trust_env=False) as client:
        run_id = _start(client)
        run = _follow(client, run_id, console)
        # Not the title of the table, which would be as narrow.
        heading = f"run {run_id} {run['status']}, {_asked(run['providers'])}"
        console.print(heading, highlight=False, markup=False, soft_wrap=True)
        console.print(_table(run["counts"]))
        if run["status"] == "FAILED":
            step, error, reason = run["current_step"], run["error"], run["reason"]
            console.print(f"run {run_id} failed in {step}: {error}: {reason}", highlight=False)
            return 1
        for line in _report(client, run_id, folder, catcher):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
    return 0


def _start(client: httpx.Client) -> int:
    reply = client.post("/attribution/runs")
    if reply.status_code == httpx.codes.CONFLICT:
        raise EmbeddedError(f"{reply.json()['detail']}: wait for its end")
    return int(_read(reply)["run_id"])


def _follow(client: httpx.Client, run_id: int, console: Console) -> Run:
    """Poll the run until it has ended; without a terminal print a line for each batch."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    patience = Patience(_PATIENCE_SECONDS)
    with Progress(
        *columns, TimeElapsedColumn(), console=console, disable=not console.is_terminal
    ) as bar:
        task, shown = bar.add_task("fetch_requests", total=None), ""
        while True:
            run = _read(client.get(f"/attribution/runs/{run_id}"))
            counts, step = run["counts"], run["current_step"] or "waits"
            bar.update(task, description=step, total=counts["batches"] or None)
            bar.update(task, completed=counts["batches_done"])
            line = f"{step}: {counts['batches_done']} of {counts['batches']} batches"
            if line != shown and not console.is_terminal:
                console.print(line, highlight=False)
            shown = line
            if run["status"] in ENDED:
                return run
            if patience.has_ended((step, counts["batches_done"])):
                raise EmbeddedError(f"run {run_id} does not move: `make logs F={step}` shows why")
            time.sleep(0.5)


def _table(counts: dict[str, Any]) -> Table:
    table = Table("", "count")
    for name, words in _COUNTS.items():
        value = counts[name]
        table.add_row(words, "unknown" if value is None else f"{value:,}")
    return table


def _asked(providers: list[dict[str, str]]) -> str:
    """Name who answered; `offline` is no model that somebody runs."""
    named = ", ".join(f"{each['provider']} ({each['model']})" for each in providers)
    if all(each["provider"] == "offline" for each in providers):
        return f"by {named}, no model was asked" if named else "no model was asked"
    return f"by {named}"


def _report(
    client: httpx.Client, run_id: int, folder: Path, catcher: MailCatcher | None
) -> Iterator[str]:
    """Load the report of the run; yield its path, and its mail as it arrived."""
    reports = _read(client.get("/reports"))["reports"]
    for report in (each for each in reports if each["run_id"] == run_id):
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"attribution-{run_id}.xlsx"
        size = download(client, f"/reports/{report['id']}/file", path)
        yield f"report: {path} ({size:,} bytes)"
        for mail in catcher.of_report(report["id"]) if catcher else ():
            yield from ("", *describe(mail))


def _read(reply: httpx.Response) -> dict[str, Any]:
    if not reply.is_success:
        raise EmbeddedError(
            f"{reply.request.url.path} answers {reply.status_code}: {reply.text[:500]}"
        )
    return dict(reply.json())
