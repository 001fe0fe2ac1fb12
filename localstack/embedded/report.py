"""What a demo prints at its end: the table, the refusals, and where to look."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import httpx
from rich.box import SIMPLE_HEAD
from rich.console import Console, JustifyMethod
from rich.table import Table

from embedded import aws, following
from embedded.emulator import VENVS
from embedded.instance import Instance
from embedded.posting import Accepted, Refused

_SHOWN_ROWS = 50
_METRICS = ("tickets_created_total", "tickets_processed_total")
_WIDTH_OF_THE_OTHERS = 128
# A narrower terminal gets its cells in several lines.
_NARROW = 148
_COLUMNS = (
    "id",
    "title",
    "category",
    "priority",
    "confidence",
    "due",
    "duplicate of",
    "reply",
    "seconds",
)


def show(
    console: Console,
    instance: Instance,
    base_url: str,
    accepted: list[Accepted],
    found: Mapping[str, following.Ticket],
) -> None:
    """Print the tickets in the order of their rows, long runs shortened to the last ones."""
    table = _table(console.width, f"Triaged tickets ({instance.name})")
    ordered = sorted(accepted, key=lambda each: each.row)
    for each in ordered[-_SHOWN_ROWS:]:
        whole = found[each.ticket_id] | following.ticket(base_url, each.ticket_id)
        if whole["workflow_status"] == "FAILED":
            reason = f"FAILED {whole['workflow_error']}: {whole['workflow_reason']}"
            table.add_row(short(each.ticket_id), reason, *[""] * 6, seconds(whole), style="red")
        else:
            table.add_row(*cells(whole), style="yellow" if whole["degraded"] else None)
    if len(ordered) > _SHOWN_ROWS:
        table.caption = f"the last {_SHOWN_ROWS} of {len(ordered)}; GET /tickets lists all"
    console.print(table)


def _table(width: int, title: str) -> Table:
    """Return an empty table whose titles take what the other columns leave of the width."""
    widest = {"title": max(20, width - _WIDTH_OF_THE_OTHERS), "category": 18}
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for name in _COLUMNS:
        justify: JustifyMethod = "right" if name in ("confidence", "seconds") else "left"
        table.add_column(
            name, justify=justify, no_wrap=width >= _NARROW, max_width=widest.get(name)
        )
    return table


def cells(ticket: Mapping[str, Any]) -> list[str]:
    """Return a ticket's row of the table."""
    confidence, due, original = ticket["confidence"], ticket["due_at"], ticket["duplicate_of"]
    return [
        short(ticket["id"]),
        ticket["title"] or ticket["subject"],
        ticket["category"] or "",
        ticket["priority"] or "",
        "" if confidence is None else f"{confidence:.2f}",
        moment(due).astimezone().strftime("%d %b %H:%M") if due else "",
        short(original) if original else "",
        reply(ticket),
        seconds(ticket),
    ]


def reply(ticket: Mapping[str, Any]) -> str:
    """Return what its draft rests on, and the steps that the ticket had to do without."""
    draft, told = ticket["draft"], []
    if draft and draft["kind"] == "question":
        told.append("asks one question")
    elif draft:
        sections: dict[str, list[str]] = {}
        for each in draft["citations"]:
            sections.setdefault(each["slug"], []).append(str(each["number"]))
        told += [f"{slug}#{','.join(numbers)}" for slug, numbers in sections.items()]
    if draft and draft["review"] and not draft["review"]["passed"]:
        told.append("not passed")
    if ticket["degraded"]:
        told.append(f"without {', '.join(ticket['degraded'])}")
    return "; ".join(told)


def short(ticket_id: str) -> str:
    """Return the end of an id: the beginning of a UUIDv7 is the time and the same for all."""
    return "…" + ticket_id[-8:]


def seconds(ticket: Mapping[str, Any]) -> str:
    """Return the time from acceptance to the end of the run."""
    elapsed = moment(ticket["finished_at"]) - moment(ticket["created_at"])
    return f"{elapsed.total_seconds():.1f}"


def moment(text: str) -> datetime:
    """Return the time that an ISO 8601 text names."""
    return datetime.fromisoformat(text)


def show_refused(console: Console, refused: list[Refused]) -> None:
    """Print the rows that were not accepted, with the field and the reason of each."""
    if not refused:
        return
    table = Table("row", "status", "subject", "why", title="Refused rows", box=SIMPLE_HEAD)
    table.title_justify = "left"
    for each in sorted(refused, key=lambda each: each.row):
        why = "\n".join(each.reasons)
        table.add_row(str(each.row), str(each.status or "-"), each.subject[:60], why)
    console.print(table)


def show_links(
    console: Console, instance: Instance, base_url: str, accepted: list[Accepted]
) -> None:
    """Print where one ticket, its execution and the metrics can be looked at."""
    lines = [f"API         {base_url}/tickets"]
    if accepted:
        one = min(accepted, key=lambda each: each.row)
        arn = following.run(base_url, one.run_id)["execution_arn"]
        lines += [
            f"one ticket  curl {base_url}/tickets/{one.ticket_id}",
            f"its trail   curl {base_url}/tickets/{one.ticket_id}/events",
            f"execution   {arn}",
            f"            {execution_command(instance, arn)}",
        ]
    if instance.pushgateway.daemon.pid:
        lines.append(f"metrics     {instance.pushgateway.url}/metrics")
        lines += [f"            {total}" for total in totals(instance.pushgateway.url)]
    else:
        lines.append("metrics     off: no pushgateway runs")
    # Whole lines: they are there to be copied.
    console.print("\n".join(lines), soft_wrap=True, highlight=False, markup=False)


def execution_command(instance: Instance, arn: str) -> str:
    """Return a command line that shows an execution's history."""
    keys = f"AWS_ACCESS_KEY_ID={aws.ACCESS_KEY} AWS_SECRET_ACCESS_KEY={aws.SECRET_KEY}"
    program = (VENVS / "localstack/bin/aws").relative_to(VENVS.parents[1])
    return (
        f"{keys} {program} --endpoint-url {instance.emulator.url} --region {aws.REGION} "
        f"stepfunctions get-execution-history --execution-arn {arn}"
    )


def totals(pushgateway: str) -> list[str]:
    """Return the counters that the pushgateway shows, without the labels it adds itself."""
    try:
        text = httpx.get(f"{pushgateway}/metrics", timeout=5, trust_env=False).text
    except httpx.HTTPError as error:
        return [f"the pushgateway does not answer: {error}"]
    shown = [line for line in text.splitlines() if line.startswith(_METRICS)]
    for label in ('instance="",job="deskhand",', 'instance="",job="deskhand"'):
        shown = [line.replace(label, "") for line in shown]
    return [line.replace("{}", "") for line in shown]


def show_sum(
    console: Console,
    posted: int,
    refused: int,
    found: Mapping[str, Mapping[str, Any]],
    elapsed: float,
) -> None:
    """Print one line of counts."""
    states = Counter(ticket["workflow_status"] for ticket in found.values())
    console.print(
        f"{posted} posted, {len(found)} accepted, {refused} refused; "
        f"{states['COMPLETED']} completed, {states['FAILED']} failed, in {elapsed:.1f} s. "
        "`make down` stops the stack, its data stays.",
        highlight=False,
        soft_wrap=True,
    )
