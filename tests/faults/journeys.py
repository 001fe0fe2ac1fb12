"""The ways a ticket can go, each with the moment at which a fault is to strike."""

import contextlib
import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from botocore.exceptions import ClientError

from deskhand.store.outbox import Message
from tests.faults import tables
from tests.faults.client import Client, Journal
from tests.faults.plans import Held, Nth
from tests.faults.rig import Rig
from tests.faults.trips import Fault


@dataclass
class Case:
    """One ticket on its way."""

    rig: Rig
    client: Client
    tag: str = field(default_factory=lambda: f"case-{uuid.uuid4()}")
    journal: Journal = field(default_factory=Journal)
    subject: str | None = None
    # What `begin` leaves in force until the fault has struck.
    until_struck: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def post(self) -> None:
        """Posts it as a careful client does; a second call repeats the request."""
        self.client.post(self.journal, self.tag, self._request)

    def post_original(self) -> None:
        """Posts an older ticket of the same words, under another key."""
        key = f"{self.tag}-original"
        metadata = {**self._request["metadata"], "key": key}
        self.client.post(self.journal, key, {**self._request, "metadata": metadata})

    @cached_property
    def _request(self) -> dict[str, Any]:
        changes = {"subject": self.subject, "body": ""} if self.subject else {}
        return self.client.ticket(self.tag, self.tag, **changes)

    def relay(self) -> None:
        """What the schedule does after the back-off of this ticket's messages."""
        tables.back_off_is_over(self.rig, self.tag)
        self.rig.invoke("relay")

    def reconcile(self) -> None:
        """What the schedule does once the run has not moved for five minutes."""
        tables.nothing_moved(self.rig, self.tag)
        self.rig.invoke("reconcile")

    def ended(self) -> bool:
        """Whether nothing is open any more and the queue has been told everything."""
        return tables.open_work(self.rig, self.tag) == 0

    def drive(self, *, reconciled: bool, seconds: float = 120) -> None:
        """Follows it to its end; where it does not move by itself, time is made to pass.

        Five minutes pass only where `reconciled`: what the relay or a retry must mend is not to be
        mended by reconcile.
        """
        start = time.monotonic()
        due = start + 1.5
        while not self.ended() and time.monotonic() < start + seconds:
            if time.monotonic() >= due:
                if reconciled:
                    self.reconcile()
                self.relay()
                due = time.monotonic() + 1
            time.sleep(0.03)

    def ask(self, path: str, document: Any) -> None:
        """Something else of the API, with a key and as carefully."""
        self.client.ask(self.journal, path, f"{self.tag}-asked", document)

    def run(self) -> Message:
        """The present attempt of its latest run."""
        return tables.attempts(self.rig, self.tag)[-1]

    def execution(self) -> str:
        """The ARN of the present attempt's execution, where it can be asked about."""
        return self.run().execution_arn(self.rig.machine)

    def wait(self, condition: Callable[[], object], seconds: float = 60) -> None:
        """Returns once it is true, or the time is over."""
        deadline = time.monotonic() + seconds
        while not condition() and time.monotonic() < deadline:
            time.sleep(0.03)


@dataclass(frozen=True)
class Journey:
    """`begin` arranges, undisturbed; the fault strikes during `go` or after it."""

    name: str
    begin: Callable[[Case], None]
    go: Callable[[Case], None]
    # Whose round trips are disturbed; empty: all that are seen.
    functions: tuple[str, ...] = ()
    # Whether only reconcile can finish it.
    reconciled: bool = False


def _nothing(case: Case) -> None:
    pass


def _post_unsent(case: Case) -> None:
    with case.rig.planned(Nth("ingest", 1, Fault.REFUSED, "aws")):
        case.post()


def _post_message_lost(case: Case) -> None:
    with case.rig.planned(Nth("ingest", 1, Fault.SWALLOWED, "aws")):
        case.post()


def _post_execution_dead(case: Case) -> None:
    """Its execution exists and has ended without a step: it was stopped, its input not ours.

    Of EXPRESS, which knows no names, there is none at all.
    """
    with case.rig.planned(Nth("dispatch", 1, Fault.SWALLOWED, "aws")) as plan:
        case.post()
        case.wait(lambda: plan.met)
    if case.rig.is_express:
        return
    arn, states = case.execution(), case.rig.states
    states.start_execution(
        stateMachineArn=case.rig.machine, name=arn.rpartition(":")[2], input=json.dumps({})
    )
    # It would try for a minute to write down why it failed.
    case.wait(partial(_stopped, states, arn))


def _stopped(states: Any, arn: str) -> bool:
    """Whether the execution is over now; LocalStack cannot stop one that has hardly begun."""
    with contextlib.suppress(ClientError):
        states.stop_execution(executionArn=arn)
    return bool(states.describe_execution(executionArn=arn)["status"] != "RUNNING")


def _post_running(case: Case) -> None:
    held = Held("validate_ticket", 1)
    case.until_struck.enter_context(case.rig.planned(held))
    case.until_struck.callback(held.release.set)
    case.post()
    case.wait(held.reached.is_set)


def _post_ended(case: Case) -> None:
    case.post()
    case.drive(reconciled=False)


def _post_unreadable(case: Case) -> None:
    case.subject = "???"
    case.post()


def _post_failed(case: Case) -> None:
    """Its run has ended as FAILED before its first step."""
    with case.rig.planned(Nth("dispatch", 1, Fault.SWALLOWED, "aws")) as plan:
        case.post()
        case.wait(lambda: plan.met)
    message = case.run()
    case.rig.invoke(
        "record_failure",
        {**json.loads(message.to_json()), "error": "ModelRefused", "cause": "for a test"},
    )


def _post_original(case: Case) -> None:
    """An older ticket tells of the same thing, and is triaged."""
    case.post_original()
    case.drive(reconciled=False)


def _replay(case: Case) -> None:
    case.ask("/admin/failures/replay", {"run_id": case.run().run_id})


def _reprocess(case: Case) -> None:
    case.ask(f"/tickets/{case.run().ticket_id}/reprocess", {})


def _post_dead_letter(case: Case) -> None:
    _post_message_lost(case)
    # One that an earlier case left hidden would come back into this one.
    case.rig.sqs.purge_queue(QueueUrl=case.rig.dead_letters)
    body = case.run().to_json()
    case.rig.sqs.send_message(QueueUrl=case.rig.dead_letters, MessageBody=body)


def _replay_dead_letters(case: Case) -> None:
    case.ask("/admin/failures/replay", {"step": "dispatch", "error": "NotDispatched"})


JOURNEYS = (
    Journey("ticket", _nothing, Case.post),
    Journey("duplicate", _post_original, Case.post, ("detect_duplicates", "link_duplicate")),
    Journey("repeated post", _post_ended, Case.post, ("ingest",)),
    Journey("relay", _post_unsent, Case.relay, ("relay",)),
    Journey("lost message", _post_message_lost, Case.reconcile, ("reconcile",), True),
    Journey("dead execution", _post_execution_dead, Case.reconcile, ("reconcile",), True),
    Journey("live execution", _post_running, Case.reconcile, ("reconcile",), True),
    Journey("refused ticket", _nothing, _post_unreadable, ("validate_ticket", "record_failure")),
    Journey("replay", _post_failed, _replay, ("recover",)),
    Journey("reprocess", _post_ended, _reprocess, ("recover",)),
    # Killed with a letter in its hands, replay sees it again a minute later: too late for us.
    Journey("dead letter", _post_dead_letter, _replay_dead_letters, ("recover",), True),
)


def named(name: str) -> Journey:
    """The journey of that name."""
    return next(each for each in JOURNEYS if each.name == name)
