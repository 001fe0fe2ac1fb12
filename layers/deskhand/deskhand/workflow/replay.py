"""Driving failed work again: the next attempt of a run, a message once more, or a new run."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any, Literal
from uuid import UUID

from aws_lambda_powertools.event_handler import Response
from pydantic import BaseModel, ConfigDict

from deskhand.api import body
from deskhand.api.problem import Problem
from deskhand.api.query import render, uuid_of
from deskhand.api.router import Api
from deskhand.intake.idempotency import Answer, key_for, key_of, once
from deskhand.intake.send import send_now
from deskhand.logs import log
from deskhand.store import recovery
from deskhand.store.connection import Connection, connection
from deskhand.store.outbox import Message
from deskhand.store.recovery import Failures, Operator
from deskhand.workflow import dead_letters
from deskhand.workflow.dead_letters import DeadLetter, Letters, distinct
from deskhand.workflow.failures import DISPATCH, Case, run_ids, sorted_out
from deskhand.workflow.selection import Everything, Group, OneRun, selection_of

AT_ONCE = 500

type Fate = Literal["replayed", "settled", "kept"]
_FATES: dict[Case, Fate] = {
    "MessageInvalid": "kept",
    "RunUnknown": "kept",
    "NotDispatched": "replayed",
    "RunFailed": "replayed",
    "RunMovedOn": "settled",
}


@dataclass(frozen=True)
class Replayed:
    """What a replay did: runs whose messages are owed, letters by their fate, failures left."""

    runs: list[Message]
    letters: dict[Fate, list[DeadLetter]] = field(default_factory=dict)
    remaining: int = 0

    @property
    def done(self) -> list[DeadLetter]:
        """The letters that nobody needs any more."""
        return self.letters.get("replayed", []) + self.letters.get("settled", [])

    def document(self, *, dry_run: bool) -> dict[str, Any]:
        """What the caller is answered."""
        fates: tuple[Fate, ...] = ("replayed", "settled", "kept")
        return {
            "replayed": [vars(message) for message in self.runs],
            "count": len(self.runs),
            "remaining": self.remaining,
            "dead_letters": {fate: distinct(self.letters.get(fate, [])) for fate in fates},
            "dry_run": dry_run,
        }


class Nothing(BaseModel):
    """A body without members."""

    model_config = ConfigDict(extra="forbid")


def replay(api: Api) -> Response[str]:
    """202 with what was driven again; 200 with what would be, for a dry run."""
    event = api.current_event
    sent = body.raw(event)
    header = key_of(event, required=False)
    document = body.parsed(sent)
    selection = selection_of(document)
    api.limit(api.caller.id)
    key = key_for(event, api.caller, header, document)
    operator = Operator(api.caller.id, api.request_id)
    with _letters(selection) as held, connection() as conn:
        action = partial(_replay, conn, selection, held.letters, operator)
        answer, done = once(conn, key, action)
        if done and not selection.dry_run:
            # Removed when `held` ends: after the commit, so that a crash only leaves them behind.
            held.done = done.done
            send_now(conn, done.runs)
            log.info("replayed", extra={"runs": len(done.runs), "letters": len(held.done)})
    return api.answer(answer.status, answer.body, answer.headers)


def reprocess(api: Api, ticket_id: str) -> Response[str]:
    """202 with the ids of the ticket's new run."""
    event = api.current_event
    ticket = uuid_of(ticket_id)
    sent = body.raw(event) if event.body else b"{}"
    header = key_of(event, required=False)
    document = body.parsed(sent)
    body.validated(Nothing, document)
    api.limit(api.caller.id)
    key = key_for(event, api.caller, header, {"ticket_id": str(ticket), "body": document})
    operator = Operator(api.caller.id, api.request_id)
    with connection() as conn:
        answer, message = once(conn, key, partial(_reprocess, conn, ticket, operator))
        if message:
            send_now(conn, [message])
    # Relative to the request's own URL, so that it holds behind any stage or host name.
    location = {"Location": f"../{ticket}"}
    return api.answer(answer.status, answer.body, {**location, **answer.headers})


@contextmanager
def _letters(selection: OneRun | Group | Everything) -> Iterator[Letters]:
    """The dead letters that the selection may be about: none for failures of other steps."""
    if isinstance(selection, Everything) or (
        isinstance(selection, Group) and selection.step == DISPATCH
    ):
        with dead_letters.taken() as held:
            yield held
    else:
        yield Letters([], 0, [])


def _replay(
    conn: Connection,
    selection: OneRun | Group | Everything,
    letters: list[DeadLetter],
    operator: Operator,
) -> tuple[Answer, Replayed]:
    # A dry run does the same and takes it back, so it cannot promise anything else.
    with conn.transaction(force_rollback=selection.dry_run):
        match selection:
            case OneRun(run_id=run_id):
                done = _one(conn, run_id, operator)
            case Group(step=step, error=error):
                done = _many(conn, Failures(step, error), letters, operator)
            case Everything():
                done = _many(conn, Failures(), letters, operator)
    status = HTTPStatus.OK if selection.dry_run else HTTPStatus.ACCEPTED
    return Answer(status, render(done.document(dry_run=selection.dry_run))), done


def _one(conn: Connection, run_id: int, operator: Operator) -> Replayed:
    recovery.hold(conn, [run_id])
    run = recovery.standings(conn, [run_id]).get(run_id)
    if run is None:
        raise Problem(HTTPStatus.NOT_FOUND, "there is no such run")
    if run.status != "FAILED":
        raise Problem(HTTPStatus.CONFLICT, f"the run is {run.status}, only a FAILED one comes back")
    if not run.latest:
        raise Problem(HTTPStatus.CONFLICT, "a later run of the same ticket has replaced this one")
    return Replayed(recovery.next_attempts(conn, [run_id], operator))


def _many(
    conn: Connection, wanted: Failures, letters: list[DeadLetter], operator: Operator
) -> Replayed:
    failed = recovery.failed(conn, wanted, AT_ONCE)
    recovery.hold(conn, failed + run_ids(letters))
    cases = sorted_out(conn, letters, wanted)
    coming_back = list(dict.fromkeys(run_ids(cases["RunFailed"]) + failed))[:AT_ONCE]
    runs = recovery.next_attempts(conn, coming_back, operator)
    runs += recovery.owe_again(conn, run_ids(cases["NotDispatched"]), operator)
    fates: dict[Fate, list[DeadLetter]] = defaultdict(list)
    for case, found in cases.items():
        fates[_FATES[case]] += found
    return Replayed(runs, fates, recovery.count_failed(conn, wanted))


def _reprocess(conn: Connection, ticket_id: UUID, operator: Operator) -> tuple[Answer, Message]:
    recovery.hold_ticket(conn, ticket_id)
    ticket = recovery.openness(conn, ticket_id)
    if ticket is None:
        raise Problem(HTTPStatus.NOT_FOUND, "there is no such ticket")
    if ticket["open_run"]:
        raise Problem(HTTPStatus.CONFLICT, f"run {ticket['open_run']} of the ticket is still open")
    if ticket["status"] == "closed":
        raise Problem(HTTPStatus.CONFLICT, "the ticket is closed")
    message = recovery.new_run(conn, ticket_id, operator)
    document = {
        "ticket_id": ticket_id,
        "workflow_run_id": message.run_id,
        "status": ticket["status"],
    }
    return Answer(HTTPStatus.ACCEPTED, render(document), ticket_id), message
