"""Every single round trip of a ticket's journeys, disturbed in every way, one at a time."""

import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.faults.client import Client
from tests.faults.journeys import JOURNEYS, Case, Journey, named
from tests.faults.plans import Calm, Held, Nth
from tests.faults.report import Result, Say
from tests.faults.rig import Rig
from tests.faults.trips import AWS_ONLY, EVERYWHERE, Fault, Layer, Trip
from tests.faults.verdict import Ending, endings
from tests.journeys import PATH

OVERTAKEN = "overtaken"
# Whose steps are overtaken: those of a ticket, and the one that only a duplicate meets.
_OVERTAKABLE: tuple[tuple[Journey, tuple[str, ...]], ...] = (
    (named("ticket"), PATH),
    (named("duplicate"), ("link_duplicate",)),
)
# An attempt that is overtaken may be asking models in both branches of Understand.
_BRANCHES = 2
_LOCK_SECONDS = 1.0
_KINDS: tuple[tuple[Layer | None, tuple[Fault, ...]], ...] = (
    (None, EVERYWHERE),
    ("aws", AWS_ONLY),
)
_ONCE = "as undisturbed, once"


@dataclass(frozen=True)
class Rehearsal:
    """A journey that nothing befell: its round trips by function, and how it ended."""

    journey: Journey
    trips: dict[str, list[Trip]]
    ending: Ending

    @property
    def cases(self) -> int:
        """How many cases are to be expected."""
        layers = [trip.layer for trips in self.trips.values() for trip in trips]
        return len(EVERYWHERE) * len(layers) + len(AWS_ONLY) * layers.count("aws")


def run(rig: Rig, client: Client, only: Sequence[str], say: Say) -> Iterator[Result]:
    """One result a case, of all journeys or those named; "ticket/classify" is one function's."""
    say("sweep: rehearsals")
    functions = dict(name.partition("/")[::2] for name in only)
    chosen = [each for each in JOURNEYS if not only or each.name in functions]
    rehearsals = [_rehearse(rig, client, each, functions.get(each.name, "")) for each in chosen]
    held = []
    if not only or OVERTAKEN in functions:
        held = [(_rehearse(rig, client, each), steps) for each, steps in _OVERTAKABLE]
    overtaken = sum(len(each.trips[step]) for each, steps in held for step in steps)
    say("sweep", sum(each.cases for each in rehearsals) + overtaken)
    for rehearsal in rehearsals:
        for result in _disturbed(rig, client, rehearsal):
            say(f"sweep: {rehearsal.journey.name}, {result.fault}")
            yield result
    for rehearsal, steps in held:
        for result in _overtaken(rig, client, rehearsal, steps):
            say(f"sweep: {result.fault}")
            yield result


def rehearse_ticket(rig: Rig, client: Client) -> Ending:
    """How a ticket ends that nothing befell."""
    return _rehearse(rig, client, named("ticket")).ending


def _rehearse(rig: Rig, client: Client, journey: Journey, function: str = "") -> Rehearsal:
    # The first one warms the functions: a cold one makes round trips of its own.
    for _ in range(2):
        case, calm = Case(rig, client), Calm()
        _go(case, journey, calm)
        [ending] = endings(rig.conn, case.tag)[case.tag]
    wanted = (function,) if function else journey.functions or tuple(calm.seen)
    return Rehearsal(journey, {name: calm.seen[name] for name in wanted}, ending)


def _go(case: Case, journey: Journey, plan: Calm | Nth) -> None:
    case.rig.settle()
    with case.until_struck:
        journey.begin(case)
        with case.rig.planned(plan):
            journey.go(case)
            case.until_struck.close()
            case.drive(reconciled=journey.reconciled)


def _disturbed(rig: Rig, client: Client, rehearsal: Rehearsal) -> Iterator[Result]:
    for function in rehearsal.trips:
        for layer, kinds in _KINDS:
            # Until a journey ends that never met its n-th round trip.
            for number in itertools.count(1):
                plans = [Nth(function, number, fault, layer) for fault in kinds]
                for plan in plans:
                    if (result := _one(rig, client, rehearsal, plan)) is None:
                        break
                    yield result
                if plans[0].met is None:
                    break


def _one(rig: Rig, client: Client, rehearsal: Rehearsal, plan: Nth) -> Result | None:
    case, started = Case(rig, client), time.monotonic()
    _go(case, rehearsal.journey, plan)
    if plan.met is None:
        return None
    return _result(case, rehearsal, plan.kind, plan.met, started)


def _overtaken(
    rig: Rig, client: Client, rehearsal: Rehearsal, steps: Sequence[str]
) -> Iterator[Result]:
    """Each round trip of each step held until a newer attempt exists: it may change nothing."""
    for step in steps:
        for number in itertools.count(1):
            case, held, started = Case(rig, client), Held(step, number), time.monotonic()
            rig.settle()
            rehearsal.journey.begin(case)
            with rig.planned(held):
                _hold(case, held)
                case.drive(reconciled=True)
            if held.met is None:
                break
            yield _result(case, rehearsal, OVERTAKEN, held.met, started)


def _hold(case: Case, held: Held) -> None:
    case.post()
    case.wait(lambda: held.reached.is_set() or case.ended())
    if held.met:
        _overtake(case)
    held.release.set()


def _overtake(case: Case) -> None:
    if not case.rig.is_express:  # which nobody can stop
        arn, states = case.execution(), case.rig.states
        states.stop_execution(executionArn=arn)
        case.wait(lambda: states.describe_execution(executionArn=arn)["status"] != "RUNNING")
    # Where the held transaction has locked the run, the next attempt can only come after it.
    reconcile = threading.Thread(
        target=case.rig.invoke, args=("reconcile", {"stalled_after_seconds": 0})
    )
    reconcile.start()
    reconcile.join(_LOCK_SECONDS)


def _result(case: Case, rehearsal: Rehearsal, fault: str, met: Trip, started: float) -> Result:
    return Result(
        part=f"sweep {rehearsal.journey.name}",
        fault=f"{fault}, {met.function}",
        expected=_ONCE,
        observed=_observed(case, rehearsal.ending, _BRANCHES if fault == OVERTAKEN else 1),
        details={
            "trip": met.what,
            "layer": met.layer,
            "answers": [each.answers for each in case.journal.attempted.values()],
            "seconds": round(time.monotonic() - started, 2),
            "case": case.tag,
        },
    )


def _observed(case: Case, expected: Ending, most_again: int) -> str:
    for entry in case.journal.attempted.values():
        if entry.outcome != "acked":
            return f"never accepted: {entry.answers}"
        if len(entry.bodies) > 1:
            return f"{len(entry.bodies)} different answers to one key"
    found = endings(case.rig.conn, case.tag).get(case.tag, [])
    if len(found) != 1:
        return f"{len(found)} tickets"
    if found[0].asked_again > expected.asked_again + most_again:
        return f"models asked again {found[0].asked_again} times after a single fault"
    return found[0].differs(expected) or _ONCE
