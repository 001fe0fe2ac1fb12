"""The deployed stack with a proxy on each way out of its functions."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from botocore.exceptions import BotoCoreError, ClientError
from psycopg.rows import dict_row

from deskhand.operations.verify import check_invariants
from deskhand.store.connection import Connection
from embedded import aws, ports
from embedded.emulator import ROOT
from embedded.functions import folder
from embedded.instance import Detour, Instance
from embedded.stack import down, running, up, wipe
from embedded.target import target
from tests.faults.aws_proxy import AwsProxy
from tests.faults.callers import Callers
from tests.faults.plans import Plan
from tests.faults.postgres_proxy import PostgresProxy
from tests.faults.trips import Fault, Trip

NAME = "faults"
RESULTS = ROOT / ".local/faults.json"
_DETOUR = ROOT / ".local" / NAME / "detour.json"
# A message that a dispatch could not handle comes back after so long, instead of three minutes.
VISIBILITY_SECONDS = 2
_TRIES = 40


class Rig:
    """What the scenarios do to the stack, and what they ask it."""

    def __init__(self, instance: Instance) -> None:
        self.instance = instance
        self._plans: tuple[Plan, ...] = ()
        assert instance.detour is not None
        callers = Callers(instance.emulator.directory)
        numbers = instance.ports
        self.postgres = PostgresProxy(
            instance.detour.postgres, numbers["POSTGRES_PORT"], callers, self._ask
        )
        self.aws_proxy = AwsProxy(
            instance.detour.aws, numbers["LOCALSTACK_PORT"], callers, self._ask
        )
        self._own = threading.local()

    def _ask(self, trip: Trip) -> Fault | None:
        faults = [plan.fault(trip) for plan in self._plans]
        return next((fault for fault in faults if fault), None)

    @contextlib.contextmanager
    def planned[P: Plan](self, plan: P) -> Iterator[P]:
        """The plan is in force meanwhile, beside those that already are."""
        self._plans += (plan,)
        try:
            yield plan
        finally:
            self._plans = tuple(each for each in self._plans if each is not plan)

    def look(self) -> None:
        """Reads addresses anew, as they are after a deployment, and stops the schedules.

        The suite invokes what a schedule would: a sweep must know every call there is.
        """
        self.target = target(self.instance)
        self.aws_proxy.lead_to(self.instance.ports["LOCALSTACK_PORT"])
        self.functions = {folder(k): v for k, v in self.target["functions"].items()}
        [self.queue] = self.target["queues"].values()
        [self.dead_letters] = self.target["dlqs"].values()
        self.machine = self.target["state_machines"]["TriageStateMachine"]
        self.is_express = self.machine.endswith("-express")
        self.sqs, self.states = self.aws("sqs"), self.aws("stepfunctions")
        self.lambdas = self.aws("lambda")
        events = self.aws("events")
        for rule in events.list_rules()["Rules"]:
            ids = [t["Id"] for t in events.list_targets_by_rule(Rule=rule["Name"])["Targets"]]
            if ids:
                events.remove_targets(Rule=rule["Name"], Ids=ids)
        self.visibility(VISIBILITY_SECONDS)

    def aws(self, service: str) -> Any:
        """A client that goes directly to LocalStack."""
        return aws.client(service, self.instance.emulator.url)

    @property
    def conn(self) -> Connection:
        """This thread's own connection, directly to Postgres."""
        kept: Connection | None = getattr(self._own, "conn", None)
        if kept is None or kept.closed or kept.broken:
            kept = self._own.conn = psycopg.Connection.connect(
                self.target["dsn"], autocommit=True, row_factory=dict_row, connect_timeout=5
            )
        return kept

    def rows(self, sql: Any, **parameters: object) -> list[dict[str, Any]]:
        """The rows of a query."""
        return self._patiently(lambda conn: conn.execute(sql, parameters).fetchall())

    def change(self, sql: Any, **parameters: object) -> int:
        """How many rows a statement of ours changed."""
        return self._patiently(lambda conn: conn.execute(sql, parameters).rowcount)

    def _patiently[T](self, ask: Callable[[Connection], T]) -> T:
        """The answer, also where Postgres is being started anew."""
        for _ in range(_TRIES):
            try:
                return ask(self.conn)
            except psycopg.OperationalError:
                self._own.conn = None
                time.sleep(0.5)
        return ask(self.conn)

    def invoke(self, function: str, event: dict[str, Any] | None = None) -> tuple[Any, str | None]:
        """A function's answer, or the name of the error that it ended in."""
        try:
            reply = self.lambdas.invoke(
                FunctionName=self.functions[function], Payload=json.dumps(event or {})
            )
        except (BotoCoreError, ClientError) as error:
            return None, type(error).__name__
        payload = json.loads(reply["Payload"].read() or b"null")
        if "FunctionError" in reply:
            return None, str(payload.get("errorType"))
        return payload, None

    def visibility(self, seconds: int) -> None:
        """How long the queue hides a received message."""
        self.sqs.set_queue_attributes(
            QueueUrl=self.queue, Attributes={"VisibilityTimeout": str(seconds)}
        )

    def depth(self, queue: str | None = None) -> int:
        """Messages on the tickets queue, those out for delivery included."""
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.sqs.get_queue_attributes(QueueUrl=queue or self.queue, AttributeNames=names)
        return sum(int(number) for number in found["Attributes"].values())

    def broken(self, *, at_rest: bool) -> dict[str, int]:
        """The SQL invariants that do not hold, and how many rows break them."""
        if at_rest:
            self.invoke("publish_metrics")
        report = check_invariants(self.conn, at_rest=at_rest)
        return {each["invariant"]: each["count"] for each in report["broken"]}

    def settle(self, seconds: float = 30) -> None:
        """Waits until no message is left that could still cause anything."""
        deadline = time.monotonic() + seconds
        while self.depth() and time.monotonic() < deadline:
            time.sleep(0.1)

    def up(self) -> None:
        """Brings back what was killed."""
        up(self.instance)
        self.look()


@contextlib.contextmanager
def rig(*, keep: bool) -> Iterator[Rig]:
    """A fresh stack, gone afterwards; with `keep` the one that an earlier `keep` left running."""
    if not (keep and _DETOUR.exists()):
        wipe(Instance(NAME))
        Instance(NAME).claim()
        _DETOUR.write_text(json.dumps([ports.unused_port(), ports.unused_port()]))
    instance = Instance(NAME, detour=Detour(*json.loads(Path(_DETOUR).read_text())))
    made = Rig(instance)
    with made.postgres, made.aws_proxy:
        with running(instance, keep=True):
            made.look()
            yield made
        if not keep:
            down(instance)
