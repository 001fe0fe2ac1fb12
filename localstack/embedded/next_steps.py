"""What to look at after a demo, in words and as commands to copy."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from rich.console import Console

from embedded.entering import login_link
from embedded.instance import Instance
from embedded.report import short

_METRICS = ("tickets_created_total", "tickets_processed_total")


def show(
    console: Console, instance: Instance, base_url: str, tickets: Sequence[Mapping[str, Any]]
) -> None:
    """Print what can be looked at next; lines are not wrapped, because people copy them."""
    lines = ["", "What to look at next"]
    link = login_link(instance)
    lines += [f"  the console, as an administrator; the link works once:\n      {link}"]
    lines += [f"  {words}:\n      {command}" for words, command in steps(base_url, tickets)]
    if instance.pushgateway.daemon.pid:
        lines.append(f"  the metrics, now at:\n      curl {instance.pushgateway.url}/metrics")
        lines += [f"      {total}" for total in totals(instance.pushgateway.url)]
    else:
        lines.append("  no metrics, since no pushgateway runs")
    console.print("\n".join(lines), soft_wrap=True, highlight=False, markup=False)


def steps(base_url: str, tickets: Sequence[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return pairs: what there is to see, and the command for it."""
    found = []
    if tickets:
        one = _telling(tickets)
        address = f"{base_url}/tickets/{one['id']}"
        found = [
            ("what triage decided about one ticket, and why", f"curl {address}"),
            ("everything that happened to it, in order", f"curl {address}/events"),
            ("why it is due then", f"curl {address}/sla"),
            ("how long each step of the workflow took", f"make history TICKET={short(one['id'])}"),
        ]
    return [
        *found,
        ("the reference of the API, in a browser", f"{base_url}/docs"),
        ("tickets of your own", "make demo TICKETS=my.csv"),
    ]


def _telling(tickets: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """Return the ticket with the most to show: with a draft and a due time, if there is one."""
    return max(tickets, key=lambda each: (bool(each["due_at"]), bool(each["draft"])))


def totals(pushgateway: str) -> list[str]:
    """Return the counters of the pushgateway, without the labels that it adds itself."""
    try:
        text = httpx.get(f"{pushgateway}/metrics", timeout=5, trust_env=False).text
    except httpx.HTTPError as error:
        return [f"the pushgateway does not answer: {error}"]
    shown = [line for line in text.splitlines() if line.startswith(_METRICS)]
    for label in ('instance="",job="deskhand",', 'instance="",job="deskhand"'):
        shown = [line.replace(label, "") for line in shown]
    return [line.replace("{}", "") for line in shown]


def summary(posted: int, refused: int, tickets: Sequence[Mapping[str, Any]], took: float) -> str:
    """Return a summary of the demo's counts."""
    states = Counter(ticket["workflow_status"] for ticket in tickets)
    repeated = sum(bool(ticket["duplicate_of"]) for ticket in tickets)
    counts = [f"new {len(tickets) - repeated}", f"duplicates {repeated}"]
    counts += [f"refused {refused}"] if refused else []
    counts += [f"failed {states['FAILED']}"] if states["FAILED"] else []
    return (
        f"{posted} tickets in {took:.1f} s: {', '.join(counts)}.\n"
        "`make down` stops the stack, its data stays."
    )
