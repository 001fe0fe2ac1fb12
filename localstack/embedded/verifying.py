"""`make verify`: prints the report of the deployed verify function as a table."""

from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from embedded.functions import stack_of
from embedded.instance import Instance


def verify(instance: Instance, *, at_rest: bool) -> int:
    """Print every invariant with what breaks it; return 1 when one is broken."""
    stack = stack_of(instance)
    report = stack.invoke("VerifyFunction", {"at_rest": at_rest}, seconds=300)
    Console().print(table(report))
    return 1 if report["broken"] else 0


def table(report: dict[str, Any]) -> Table:
    """Return the report as a table; broken invariants come last, next to the prompt."""
    looked_at = ", ".join(f"{name} {count}" for name, count in report["counts"].items())
    made = Table(
        *("invariant", "offenders", "which, or what is promised"),
        title=f"{report['checked']} invariants, {len(report['broken'])} broken",
        title_justify="left",
        caption=looked_at,
        caption_justify="left",
        box=SIMPLE_HEAD,
    )
    for each in report["held"]:
        made.add_row(each["invariant"], "0", each["promise"], style="dim")
    for each in report["broken"]:
        more = ", …" if each["count"] > len(each["ids"]) else ""
        which = f"broken: {each['promise']}\n{', '.join(each['ids'])}{more}"
        made.add_row(each["invariant"], str(each["count"]), which, style="red")
    return made
