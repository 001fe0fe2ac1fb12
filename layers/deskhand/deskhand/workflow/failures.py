"""Failed runs and dead letters, grouped by step and error."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from deskhand.store import failed_runs, report_mails
from deskhand.store.connection import Connection
from deskhand.store.failed_runs import FailureFilter, RunState
from deskhand.workflow.dead_letters import DeadLetter, count_distinct

# The step name for failures before the first step of an attempt.
DISPATCH = "dispatch"
SHOWN_IDS = 20

type Case = Literal["MessageInvalid", "RunUnknown", "NotDispatched", "RunFailed", "RunMovedOn"]

REASONS: dict[Case, str] = {
    "MessageInvalid": "it is not a message of ours; delete it from the dead-letter queue by hand",
    "RunUnknown": "there is no such run, or no such attempt of it",
    "NotDispatched": "the run is open and its attempt was never started",
    "RunFailed": "the run has failed",
    "RunMovedOn": "the run has ended, is under way or has a newer attempt",
}


class FailuresQuery(BaseModel):
    """The query parameters of `GET /admin/failures`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    step: str | None = Field(None, description="Only failures of this step")
    error: str | None = Field(None, description="Only failures with this error")


def failure_groups(
    conn: Connection, letters: Iterable[DeadLetter], wanted: FailureFilter
) -> list[dict[str, Any]]:
    """The failed runs, mails and letters that match `wanted`, grouped by step and error."""
    return [
        *failed_runs.failure_groups(conn, wanted, SHOWN_IDS),
        *report_mails.failure_groups(conn, wanted.step, wanted.error, SHOWN_IDS),
        *_letter_groups(conn, letters, wanted),
    ]


def letters_by_case(
    conn: Connection, letters: Iterable[DeadLetter], wanted: FailureFilter
) -> dict[Case, list[DeadLetter]]:
    """The letters that match `wanted`, by the state of their run."""
    found: dict[Case, list[DeadLetter]] = defaultdict(list)
    if wanted.step not in (None, DISPATCH):
        return found
    letters = list(letters)
    runs = failed_runs.run_states(conn, run_ids(letters))
    for letter in letters:
        case = _case(letter, runs)
        if wanted.error in (None, case):
            found[case].append(letter)
    return found


def run_ids(letters: Iterable[DeadLetter]) -> list[int]:
    """The ids of the runs that the letters name."""
    return [letter.message.run_id for letter in letters if letter.message]


def _case(letter: DeadLetter, runs: dict[int, RunState]) -> Case:
    message = letter.message
    if message is None:
        return "MessageInvalid"
    run = runs.get(message.run_id)
    if run is None or run.ticket_id != message.ticket_id or run.attempt < message.attempt:
        return "RunUnknown"
    if run.status == "FAILED" and run.latest:
        return "RunFailed"
    waits = run.status in ("PENDING", "IN_PROGRESS") and not run.started
    return "NotDispatched" if waits and run.attempt == message.attempt else "RunMovedOn"


def _letter_groups(
    conn: Connection, letters: Iterable[DeadLetter], wanted: FailureFilter
) -> list[dict[str, Any]]:
    by_case = letters_by_case(conn, letters, wanted)
    return [_group(case, by_case[case]) for case in REASONS if by_case[case]]


def _group(case: Case, letters: list[DeadLetter]) -> dict[str, Any]:
    letters = sorted(letters, key=lambda letter: letter.sent_at, reverse=True)
    newest = letters[0]
    example: dict[str, Any] = {"message_id": newest.id, "reason": REASONS[case]}
    if newest.message:
        example |= newest.message.ids()
    return {
        "source": "dead_letter",
        "step": DISPATCH,
        "error": case,
        "count": count_distinct(letters),
        "oldest": letters[-1].sent_at,
        "newest": newest.sent_at,
        "example": example,
        "run_ids": list(dict.fromkeys(run_ids(letters)))[:SHOWN_IDS],
    }
