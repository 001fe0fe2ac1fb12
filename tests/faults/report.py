"""What every part of the suite hands in, and the table made of it."""

import dataclasses
import json
from collections import Counter
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


def write(path: Path, results: list[Result], facts: dict[str, Any]) -> None:
    """The same as JSON, every case with its details."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{**dataclasses.asdict(each), "ok": each.ok} for each in results]
    path.write_text(json.dumps({**facts, "results": rows}, indent=1, default=str))
