"""What goes wrong while tickets are posted and worked on."""

import contextlib
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable

import psycopg

from deskhand.store.outbox import Message
from tests.faults import tables
from tests.faults.load import Load
from tests.faults.plans import Always, Chance, Slow
from tests.faults.playing import Scenario
from tests.faults.trips import Fault, Trip
from tests.faults.twins import Twins
from tests.journeys import PATH

BLACKHOLE_SECONDS = USED_UP_SECONDS = 8
SQS_REFUSES_SECONDS = 120
OPEN_AT_THE_KILL = 200


def _restarts(load: Load) -> list[str]:
    server = load.rig.instance.postgres
    with load.posting(seconds=12):
        for _ in range(3):
            load.sleep(2, 4)
            server.stop("immediate")
            load.sleep(0.2, 2)
            server.start()
            load.faults["restart"] += 1
    return []


def _cuts(load: Load) -> list[str]:
    faults = (Fault.CUT_BEFORE, Fault.CUT_AFTER, Fault.TORN_REQUEST, Fault.TORN_REPLY)
    chance = Chance(_sql, dict.fromkeys(faults, 0.004), load.seed)
    with load.rig.planned(chance), load.posting():
        pass
    load.faults.update(chance.met)
    return []


def _kills(load: Load) -> list[str]:
    faults = {Fault.KILL_BEFORE: 0.003, Fault.KILL_AFTER: 0.003}
    chance = Chance(_any, faults, load.seed)
    with load.rig.planned(chance), load.posting():
        pass
    load.faults.update(chance.met)
    return []


def _blackholes(load: Load) -> list[str]:
    with load.posting(seconds=20):
        for _ in range(2):
            load.sleep(2, 4)
            with load.rig.postgres.blackhole():
                time.sleep(BLACKHOLE_SECONDS)
            load.faults[f"blackhole of {BLACKHOLE_SECONDS} s"] += 1
    return []


def _used_up(load: Load) -> list[str]:
    """Somebody else takes every connection that the server has."""
    with load.posting(seconds=20):
        for _ in range(2):
            load.sleep(2, 4)
            with contextlib.ExitStack() as taken:
                with contextlib.suppress(psycopg.OperationalError):
                    while True:
                        taken.enter_context(psycopg.connect(load.rig.target["dsn"]))
                        load.beside["connections taken"] += 1
                load.faults["no connection left"] += 1
                time.sleep(USED_UP_SECONDS)
    return []


def _queue_refuses(load: Load) -> list[str]:
    faults = {Fault.REFUSED: 0.5, Fault.THROTTLED: 0.5}
    chance = Chance(_called("SendMessage", "SendMessageBatch"), faults, load.seed)
    with load.posting(seconds=SQS_REFUSES_SECONDS * 0.8):
        with load.rig.planned(chance):
            time.sleep(SQS_REFUSES_SECONDS)
        healed = time.monotonic()
    load.faults.update(chance.met)
    load.beside["seconds to drain"] = round(time.monotonic() - healed)
    return []


def _copies(load: Load) -> list[str]:
    """Each send is done three times; a copy of each message comes soon, and another late."""
    thrice = Always(_called("SendMessage", "SendMessageBatch"), Fault.THRICE)
    copied: set[Message] = set()
    with load.rig.planned(thrice), load.posting():
        while load.posting_goes_on():
            new = set(tables.attempts(load.rig, load.tag)) - copied
            copied |= new
            _put(load, new)
            time.sleep(0.5)
    _put(load, tables.attempts(load.rig, load.tag))
    load.rig.settle(120)
    load.faults.update(thrice.met)
    load.faults["copies"] = len(copied) + load.count
    dead = load.rig.depth(load.rig.dead_letters)
    return _executions_beside(load) + ([f"{dead} copies refused"] if dead else [])


def _put(load: Load, messages: Iterable[Message]) -> None:
    for each in messages:
        load.rig.sqs.send_message(QueueUrl=load.rig.queue, MessageBody=each.to_json())


def _executions_beside(load: Load) -> list[str]:
    if load.rig.is_express:  # each copy starts one; the verdict counts what they did
        return []
    wanted = Counter(each.execution_name for each in tables.attempts(load.rig, load.tag))
    pages = load.rig.states.get_paginator("list_executions").paginate(
        stateMachineArn=load.rig.machine
    )
    names = Counter(each["name"] for page in pages for each in page["executions"])
    wrong = {name: names[name] for name in wanted if names[name] != 1}
    return [f"executions {dict(list(wrong.items())[:3])}"] if wrong else []


def _start_throttled(load: Load) -> list[str]:
    faults = {Fault.THROTTLED: 0.3, Fault.CUT_AFTER: 0.1}
    chance = Chance(_called("StartExecution"), faults, load.seed)
    with load.rig.planned(chance), load.posting():
        pass
    load.faults.update(chance.met)
    return []


def _step_twins(load: Load) -> list[str]:
    """Each step is invoked again with the same payload, while it runs and after it has ended."""
    twins = Twins(load.rig, load.tag)
    slow = Slow(lambda trip: trip.function in PATH and trip.layer == "sql", lambda: 0.05)
    with load.rig.planned(slow), twins.beside(), load.posting():
        pass
    twins.afterwards()
    beside, wrong = twins.compared()
    load.faults["twins"] = len(twins)
    load.beside["at the same time"] = beside.total()
    alone = [f"{step} never had its twin beside it" for step in PATH if not beside[step]]
    return wrong[:5] + alone


def _emulator_killed(load: Load) -> list[str]:
    slow = Slow(lambda trip: trip.function in PATH, lambda: 0.3)
    with load.posting():
        with load.rig.planned(slow):
            deadline = time.monotonic() + 120
            while load.open() < min(OPEN_AT_THE_KILL, load.count * 0.8):
                time.sleep(0.1)
                if time.monotonic() > deadline:
                    return ["never enough open tickets"]
            load.beside["open at the kill"] = load.open()
            os.kill(load.rig.target["pids"]["localstack"], signal.SIGKILL)
            load.faults["LocalStack killed"] += 1
        load.rig.up()
    return []


def _dead_connections(load: Load) -> list[str]:
    """Idle connections are gone when the next request comes: nobody may notice."""
    for number in range(load.count):
        load.faults["connections cut"] += load.rig.postgres.cut_all("ingest")
        load.post(number)
    load.drain()
    failures = {status: n for status, n in load.answers().items() if status != 202}
    return [f"answers {failures}"] if failures else []


def _slow_database(load: Load) -> list[str]:
    draw = random.Random(load.seed)  # noqa: S311 - no secret
    slow = Slow(_sql, lambda: draw.uniform(0.15, 0.45))
    with load.rig.planned(slow), load.posting(seconds=20):
        pass
    load.faults["slowed"] = slow.met
    return []


def _any(trip: Trip) -> bool:
    return trip.function != "?"


def _sql(trip: Trip) -> bool:
    return trip.layer == "sql" and trip.function != "?"


def _called(*actions: str) -> Callable[[Trip], bool]:
    return lambda trip: trip.layer == "aws" and trip.what in actions


SCENARIOS = (
    Scenario("restarts", "Postgres restarted at once (-m immediate), 3 times", 0.13, _restarts),
    Scenario("cuts", "connections cut before, in the middle of and after statements", 0.17, _cuts),
    Scenario("kills", "function processes killed before and after any call", 0.05, _kills),
    Scenario("blackholes", f"Postgres silent for {BLACKHOLE_SECONDS} s, twice", 0.08, _blackholes),
    Scenario("used up", f"no connection left for {USED_UP_SECONDS} s, twice", 0.04, _used_up),
    Scenario("slow", "every statement takes 150 to 450 ms longer", 0.02, _slow_database),
    Scenario("dead", "idle connections dead before each request", 0.05, _dead_connections),
    Scenario(
        "refusals", f"SQS refuses every send for {SQS_REFUSES_SECONDS} s", 0.13, _queue_refuses
    ),
    Scenario("copies", "every message sent three times, and copied twice", 0.1, _copies),
    Scenario("starts", "StartExecution throttled, or its answer lost", 0.08, _start_throttled),
    Scenario("twins", "every step invoked again, beside and afterwards", 0.05, _step_twins),
    Scenario("total loss", "LocalStack killed with 200 tickets open", 0.13, _emulator_killed),
)
