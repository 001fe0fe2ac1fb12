"""A scenario played: its tickets posted among faults, and judged."""

import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from tests.faults.client import Client
from tests.faults.load import Load
from tests.faults.report import Result, Say
from tests.faults.rig import Rig
from tests.faults.sweep import rehearse_ticket

type Disturb = Callable[[Load], list[str]]


@dataclass(frozen=True)
class Scenario:
    """`disturb` posts the load's tickets among faults and returns what else was wrong."""

    name: str
    fault: str
    share: float  # of all tickets
    disturb: Disturb


def run(
    rig: Rig, client: Client, chosen: Sequence[Scenario], options: Namespace, say: Say
) -> Iterator[Result]:
    """One result a scenario."""
    say("load", len(chosen))
    for scenario in chosen:
        say(f"load: {scenario.name}")
        count = max(1, round(options.tickets * scenario.share))
        yield play(rig, client, scenario, count, options.seed)


def play(rig: Rig, client: Client, scenario: Scenario, count: int, seed: int) -> Result:
    """What the scenario did to so many tickets."""
    expected, started = rehearse_ticket(rig, client), time.monotonic()
    load = Load(rig, client, f"{scenario.name.replace(' ', '-')}-{time.time_ns()}", count, seed)
    wrong = scenario.disturb(load)
    verdict = load.judge(expected)
    rig.settle()
    # Five refusals put a message there, within seconds as the queue is set here; reconcile makes
    # up for it.
    if dead := rig.depth(rig.dead_letters):
        load.events["dead letters"] = dead
        rig.sqs.purge_queue(QueueUrl=rig.dead_letters)
    counts = {
        "lost": len(verdict.lost),
        "doubled": len(verdict.doubled),
        "phantom": len(verdict.phantom),
        "refused": verdict.refused,
        "ended otherwise": len(verdict.different),
        "answers 500": load.answers()[500],
        "invariants broken": len(load.broken),
    }
    wrong += [f"{name} ({count})" for name, count in load.broken.items()]
    observed = _line(counts) + "".join(f"; {each}" for each in wrong)
    return Result(
        part="load",
        fault=scenario.fault,
        expected=_line(dict.fromkeys(counts, 0)),
        observed=observed,
        note=_note(load, verdict.acked, verdict.unknown, time.monotonic() - started),
        details={**load.facts(), **vars(verdict), "broken": load.broken},
    )


def _line(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _note(load: Load, acked: int, unknown: int, seconds: float) -> str:
    events = ", ".join(f"{name} {n}" for name, n in load.events.items())
    return f"{acked} acked, {unknown} unknown in {seconds:.0f} s; {events}"
