"""A scenario played: its tickets posted among faults, and judged."""

import time
from argparse import Namespace
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults import report
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
    say("load", len(chosen) + 1)
    results = []
    for scenario in chosen:
        say(f"load: {scenario.name}")
        count = max(1, round(options.tickets * scenario.share))
        results.append(play(rig, client, scenario, count, options.seed))
        yield results[-1]
    yield report.in_all(results)


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
        load.beside["dead letters"] = dead
        rig.sqs.purge_queue(QueueUrl=rig.dead_letters)
    wrong += [f"{name} ({count})" for name, count in load.broken.items()]
    facts = {**load.facts(), **vars(verdict), "broken": load.broken}
    return result(scenario.fault, facts, wrong, time.monotonic() - started)


def result(fault: str, facts: dict[str, Any], wrong: Sequence[str], seconds: float) -> Result:
    """The line of a scenario, from its load's facts and verdict and what else was wrong."""
    counts = {name: len(facts[name]) for name in ("lost", "doubled", "phantom", "refused")}
    counts |= {
        "unanswered": len(facts["unanswered"]),
        "ended otherwise": len(facts["different"]),
        "answers 500": facts["answers"].get("500", 0),
        "invariants broken": len(facts["broken"]),
    }
    missing = [
        text
        for text, number in (
            ("no ticket was accepted", facts["acked"]),
            ("the fault never happened", sum(facts["faults"].values())),
        )
        if not number
    ]
    happened = report.counted({**facts["faults"], **facts["beside"]})
    return Result(
        part="load",
        fault=fault,
        expected=report.counted(dict.fromkeys(counts, 0)),
        observed="; ".join([report.counted(counts), *missing, *wrong]),
        note=f"{facts['acked']} acked, {facts['unknown']} unknown in {seconds:.0f} s; {happened}",
        details=facts,
    )
