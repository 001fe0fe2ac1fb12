"""What every part of the suite hands in, and the table made of it."""

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console
from rich.markup import escape
from rich.table import Table


class Say(Protocol):
    """Told what is under way, and how many results are to be expected where that is known."""

    def __call__(self, text: str, total: int | None = None, /) -> None:
        """Shows it."""


@dataclass(frozen=True)
class Result:
    """One line: a fault, what was expected, what was observed, and the details for the file."""

    part: str
    fault: str
    expected: str
    observed: str
    note: str = ""
    details: dict[str, Any] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether what was observed was expected."""
        return self.expected == self.observed


def show(console: Console, results: list[Result]) -> None:
    """Prints the table; equal lines are counted instead of repeated."""
    table = Table(header_style="bold")
    for column in ("part", "fault", "expected", "observed", "", "happened"):
        table.add_column(column, overflow="fold")
    lines = Counter(
        (each.part, each.fault, each.expected, each.observed, each.ok, each.note)
        for each in results
    )
    for (part, fault, expected, observed, ok, note), count in lines.items():
        mark = "[green]ok[/]" if ok else "[bold red]DIFFERS[/]"
        fault = f"{fault} (x{count})" if count > 1 else fault
        table.add_row(part, escape(fault), expected, escape(observed), mark, escape(note))
    console.print(table)


def in_all(results: Sequence[Result]) -> Result:
    """What the scenarios of the load come to, with every fault that happened."""
    details = [each.details for each in results]
    faults = sum((Counter(each["faults"]) for each in details), Counter[str]())
    counts = {name: sum(len(each[name]) for each in details) for name in ("lost", "doubled")}
    numbers = {name: sum(each[name] for each in details) for name in ("tried", "acked")}
    return Result(
        part="load",
        fault=f"{len(results)} scenarios in all",
        expected=counted(dict.fromkeys(counts, 0)),
        observed=counted(counts),
        note=f"{numbers['tried']} tickets tried, {numbers['acked']} acked, "
        f"{faults.total()} faults: {counted(faults)}",
        details={**numbers, "faults": dict(faults), "fault_events": faults.total()},
    )


def totals(results: Sequence[Result]) -> str:
    """What all scenarios of the load come to, in words; empty without any."""
    return "\n".join(
        f"{each.fault}: {each.note}; {each.observed}"
        for each in results
        if "fault_events" in each.details
    )


def counted(numbers: Mapping[str, int]) -> str:
    """Names with their numbers, in a line."""
    return ", ".join(f"{name} {number}" for name, number in numbers.items())


def write(path: Path, results: list[Result], facts: dict[str, Any]) -> None:
    """The same as JSON, every case with its details."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{**dataclasses.asdict(each), "ok": each.ok} for each in results]
    path.write_text(json.dumps({**facts, "results": rows}, indent=1, default=str))
