"""`python -m tests.faults`: faults against a deployed stack of its own, and what came of them."""

import argparse
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from embedded import values
from embedded.errors import EmbeddedError
from tests.faults import playing, report, scenarios, sweep, times
from tests.faults.client import Client
from tests.faults.journeys import JOURNEYS
from tests.faults.report import Result, Say
from tests.faults.rig import RESULTS, Rig, rig

# On a quiet machine of two cores; the load for 2,000 tickets.
_MINUTES = {"sweep": 10, "times": 1, "load": 20}
_CASES: dict[str, list[str]] = {
    "sweep": [journey.name for journey in JOURNEYS],
    "times": [],
    "load": [scenario.name for scenario in scenarios.SCENARIOS],
}
_START_MINUTES = 1
_TICKETS = 2000
_WIDTH, _WIDTH_OF_A_FILE = 56, 180


def main() -> int:
    """Runs the chosen parts; 1 when anything observed was not expected."""
    try:
        arguments = _arguments()
    except EmbeddedError as error:
        print(f"faults: {error}", file=sys.stderr)
        return 1
    console = Console(width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)
    expected = _START_MINUTES + sum(_MINUTES[part] for part in arguments.only)
    console.print(
        f"faults: {', '.join(arguments.only)}; {arguments.tickets} tickets under load, "
        f"seed {arguments.seed}; about {expected} minutes in full"
    )
    started = time.monotonic()
    try:
        results = _run(arguments, console)
    except EmbeddedError as error:
        print(f"faults: {error}", file=sys.stderr)
        return 1
    minutes = round((time.monotonic() - started) / 60, 1)
    wrong = sum(not each.ok for each in results)
    facts = {**vars(arguments), "minutes": minutes, "cases": len(results), "wrong": wrong}
    report.write(RESULTS, results, facts)
    report.show(console, results)
    if "load" in arguments.only:
        console.print(report.totals(results))
    console.print(f"{len(results)} cases in {minutes} minutes, {wrong} not as expected")
    console.print(f"every one of them: {RESULTS}")
    return 1 if wrong or not results else 0


def _run(arguments: argparse.Namespace, console: Console) -> list[Result]:
    results: list[Result] = []
    columns = (TextColumn(f"{{task.description:<{_WIDTH}}}"), BarColumn(), MofNCompleteColumn())
    with (
        rig(keep=arguments.keep) as stack,
        Progress(*columns, TimeElapsedColumn(), console=console) as progress,
    ):
        # One for all parts: tickets of the same words would repeat each other.
        client = Client(lambda: str(stack.target["base_url"]), arguments.seed)
        for part, names in arguments.only.items():
            task = progress.add_task(part, total=None)

            def say(text: str, total: int | None = None, task: Any = task) -> None:
                progress.update(task, description=text[:_WIDTH])
                if total is not None:
                    progress.update(task, total=total)

            for result in _part(part, names, stack, client, arguments, say):
                results.append(result)
                report.write(RESULTS, results, vars(arguments))
                progress.advance(task)
                if not result.ok:
                    progress.console.print(f"DIFFERS {result.fault}: {result.observed}")
            progress.update(task, description=part, total=progress.tasks[task].completed)
    return results


def _part(
    part: str,
    names: list[str],
    stack: Rig,
    client: Client,
    arguments: argparse.Namespace,
    say: Say,
) -> Iterator[Result]:
    match part:
        case "sweep":
            yield from sweep.run(stack, client, names, say)
        case "times":
            yield from times.run(stack, client, say)
        case _:
            chosen = [each for each in scenarios.SCENARIOS if not names or each.name in names]
            yield from playing.run(stack, client, chosen, arguments, say)
    yield _at_rest(stack, part)


def _at_rest(stack: Rig, part: str) -> Result:
    """Every invariant, once nothing is under way any more."""
    stack.settle()
    broken = ", ".join(f"{name} ({n})" for name, n in stack.broken(at_rest=True).items())
    return Result(part, "SQL invariants afterwards", "none broken", broken or "none broken")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="faults", description=__doc__)
    parser.add_argument("--only", type=_chosen, default=_chosen(""))
    tickets = values.number("TICKETS", "make faults TICKETS=2000")
    parser.add_argument("--tickets", type=tickets, default=_TICKETS)
    seed = values.number("SEED", "make faults SEED=1", least=0)
    parser.add_argument("--seed", type=seed, default=1)
    keep = os.environ.get("KEEP") == "1"
    parser.add_argument("--keep", action="store_true", default=keep, help="leave the stack running")
    return parser.parse_args()


def _chosen(text: str) -> dict[str, list[str]]:
    """Returns parts with the names of their cases: `load:copies,sweep:relay`; no name means all."""
    # A space parts one from the next, so names are written with underscores: `total_loss`.
    pairs = ((part, case) for part, cases in _CASES.items() for case in cases)
    known = [*_CASES, *(f"{part}:{case.replace(' ', '_')}" for part, case in pairs)]
    chosen: dict[str, list[str]] = {}
    for each in values.several("ONLY", known, text) if text.strip() else _CASES:
        part, _, name = each.partition(":")
        chosen.setdefault(part, []).extend([name.replace("_", " ")] if name else [])
    return chosen


if __name__ == "__main__":
    sys.exit(main())
