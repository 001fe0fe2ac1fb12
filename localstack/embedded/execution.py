"""`make history`: what the workflow did with a ticket, as a table."""

import re
from typing import Any

import psycopg
from botocore.exceptions import ClientError
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from embedded import execution_history, following
from embedded.errors import EmbeddedError
from embedded.functions import DeployedStack
from embedded.instance import Instance

# As many digits of an id's end as identify a ticket: the beginning is the time, nearly the same for
# all.
_ID = re.compile(r"[0-9a-f]{4}[0-9a-f-]{2,32}")


def show(instance: Instance, console: Console, ticket: str) -> None:
    """Print the execution of a ticket's latest run; `ticket` is its id, or the end of the id."""
    stack = DeployedStack(instance.emulator.url).require()
    base_url = stack.base_url()
    found = following.ticket(base_url, _whole_id(instance, ticket))
    run = following.run(base_url, found["workflow_run_id"])
    if run["started_at"] is None:
        raise EmbeddedError(f"run {run['id']} has not started yet: `make status` counts them")
    if events := _events(stack, run["execution_arn"]):
        rows, outcome = execution_history.rows(events), execution_history.outcome(events)
    else:
        trail = following.trail(base_url, found["id"])
        rows = execution_history.rows_of_trail(trail, run["id"])
        outcome = ": ".join(filter(None, (run["status"], run["error"], run["reason"])))
        outcome += " (the steps that the database has stored)"
    console.print(f"{found['id']}  {found['subject']}", highlight=False, markup=False)
    console.print(f"run {run['id']}: {outcome}", highlight=False, markup=False)
    console.print(table(rows))


def table(rows: list[execution_history.Row]) -> Table:
    """Return the rows as a table of at least 80 columns; failures are red."""
    made = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    for name in ("state", "status", "seconds", "attempt", "error"):
        number = name in ("seconds", "attempt")
        made.add_column(
            name,
            justify="right" if number else "left",
            no_wrap=name != "error",
            overflow="fold" if name == "error" else "ellipsis",
        )
    for row in rows:
        seconds = "" if row.seconds is None else f"{row.seconds:.2f}"
        attempt = str(row.attempt) if row.kind == "Task" else ""
        style = "red" if row.error else None if row.kind == "Task" else "dim"
        made.add_row(row.state, row.status.lower(), seconds, attempt, row.error, style=style)
    return made


def _whole_id(instance: Instance, given: str) -> str:
    wanted = given.strip().lower().lstrip("…")
    if not _ID.fullmatch(wanted):
        raise EmbeddedError(
            f"TICKET={given} is not a ticket's id: give the whole id, or at least its last 6 "
            "digits, as `make demo` and GET /tickets show it"
        )
    with psycopg.connect(instance.postgres.dsn, connect_timeout=5) as connection:
        found = connection.execute(
            "SELECT id::text FROM tickets WHERE right(id::text, %s) = %s ORDER BY id LIMIT 2",
            (len(wanted), wanted),
        ).fetchall()
    if len(found) != 1:
        many = "more than one ticket ends" if found else "no ticket ends"
        raise EmbeddedError(f"TICKET={given}: {many} with that; `make demo` shows ids")
    return str(found[0][0])


def _events(stack: DeployedStack, arn: str) -> list[dict[str, Any]]:
    """Return the history; empty for EXPRESS, and when it was lost with an earlier LocalStack."""
    if ":express:" in arn:
        return []
    pages = stack.client("stepfunctions").get_paginator("get_execution_history")
    try:
        return [event for page in pages.paginate(executionArn=arn) for event in page["events"]]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ExecutionDoesNotExist":
            raise
        return []
