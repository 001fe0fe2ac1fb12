"""Replays failed work: a next attempt of a run, the message again, or a new run."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from deskhand.refusals import Conflict, NotFound, existing
from deskhand.store import failed_runs
from deskhand.store.connection import Connection
from deskhand.store.failed_runs import FailureFilter, Operator
from deskhand.store.outbox import AnyMessage, Message
from deskhand.workflow.dead_letters import DeadLetter, count_distinct
from deskhand.workflow.failures import Case, letters_by_case, run_ids
from deskhand.workflow.selection import Everything, Group, OneRun

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
    """The result of a replay: runs whose messages are in the outbox, letters by outcome, failures
    left."""

    runs: list[AnyMessage]
    letters: dict[Fate, list[DeadLetter]] = field(default_factory=dict)
    remaining: int = 0

    @property
    def done(self) -> list[DeadLetter]:
        """The letters that can be deleted."""
        return self.letters.get("replayed", []) + self.letters.get("settled", [])

    def document(self, *, dry_run: bool) -> dict[str, Any]:
        """The document of the answer."""
        fates: tuple[Fate, ...] = ("replayed", "settled", "kept")
        return {
            "replayed": [message.ids() for message in self.runs],
            "count": len(self.runs),
            "remaining": self.remaining,
            "dead_letters": {fate: count_distinct(self.letters.get(fate, [])) for fate in fates},
            "dry_run": dry_run,
        }


class Nothing(BaseModel):
    """A body without members."""

    model_config = ConfigDict(extra="forbid")


def replay(
    conn: Connection,
    selection: OneRun | Group | Everything,
    letters: list[DeadLetter],
    operator: Operator,
) -> Replayed:
    """Replays the selection; raises NotFound or Conflict for a single run that cannot be
    replayed."""
    # A dry run does the same work and rolls it back, so its answer is exact.
    with conn.transaction(force_rollback=selection.dry_run):
        match selection:
            case OneRun(run_id=run_id):
                return replay_run(conn, run_id, operator)
            case Group(step=step, error=error):
                return replay_failures(conn, FailureFilter(step, error), letters, operator)
            case Everything():
                return replay_failures(conn, FailureFilter(), letters, operator)


def replay_run(conn: Connection, run_id: int, operator: Operator) -> Replayed:
    """Starts the next attempt of a failed run; raises NotFound or Conflict."""
    failed_runs.lock_runs(conn, [run_id])
    run = failed_runs.run_states(conn, [run_id]).get(run_id)
    if run is None:
        raise NotFound("run")
    if run.status != "FAILED":
        raise Conflict(f"the run is {run.status}, only a FAILED one comes back")
    if not run.latest:
        raise Conflict("a later run has replaced this one")
    return Replayed(failed_runs.start_next_attempts(conn, [run_id], operator))


def replay_failures(
    conn: Connection, wanted: FailureFilter, letters: list[DeadLetter], operator: Operator
) -> Replayed:
    """Starts the next attempts of up to 500 failed runs, and replays the letters."""
    failed = failed_runs.failed_run_ids(conn, wanted, AT_ONCE)
    failed_runs.lock_runs(conn, failed + run_ids(letters))
    cases = letters_by_case(conn, letters, wanted)
    coming_back = list(dict.fromkeys(run_ids(cases["RunFailed"]) + failed))[:AT_ONCE]
    runs = failed_runs.start_next_attempts(conn, coming_back, operator)
    runs += failed_runs.send_again(conn, run_ids(cases["NotDispatched"]), operator)
    fates: dict[Fate, list[DeadLetter]] = defaultdict(list)
    for case, found in cases.items():
        fates[_FATES[case]] += found
    return Replayed(runs, fates, failed_runs.count_failed(conn, wanted))


def reprocess(
    conn: Connection, ticket_id: UUID, operator: Operator
) -> tuple[dict[str, Any], Message]:
    """Starts a new run of the ticket; returns the answer's document and the message. Raises
    NotFound or Conflict."""
    failed_runs.lock_ticket(conn, ticket_id)
    ticket = existing(failed_runs.ticket_state(conn, ticket_id), "ticket")
    if ticket["open_run"]:
        raise Conflict(f"run {ticket['open_run']} of the ticket is still open")
    if ticket["status"] == "closed":
        raise Conflict("the ticket is closed")
    message = failed_runs.open_run(conn, ticket_id, operator)
    document = {
        "ticket_id": ticket_id,
        "workflow_run_id": message.run_id,
        "status": ticket["status"],
    }
    return document, message
