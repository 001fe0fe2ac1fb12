"""An execution's events as rows, in the shapes that Step Functions gives."""

import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from rich.console import Console

from embedded import execution, execution_history
from embedded.errors import EmbeddedError
from embedded.instance import Instance

BEGAN = datetime(2026, 11, 30, 12, tzinfo=UTC)


def events(*told: tuple[str, int, dict[str, Any]]) -> list[dict[str, Any]]:
    """Events a second apart: type, number of the event before it, details."""
    return [
        {
            "id": number,
            "previousEventId": previous,
            "type": kind,
            "timestamp": BEGAN + timedelta(seconds=number),
        }
        | details
        for number, (kind, previous, details) in enumerate(told, 1)
    ]


def entered(name: str) -> dict[str, Any]:
    return {"stateEnteredEventDetails": {"name": name}}


def exited(name: str) -> dict[str, Any]:
    return {"stateExitedEventDetails": {"name": name}}


def failed(error: str, cause: str = "") -> dict[str, Any]:
    return {"taskFailedEventDetails": {"error": error, "cause": cause}}


RETRIED = events(
    ("ExecutionStarted", 0, {}),
    ("TaskStateEntered", 1, entered("Classify")),
    ("TaskScheduled", 2, {}),
    ("TaskStarted", 3, {}),
    (
        "TaskFailed",
        4,
        failed("ModelUnavailable", '{"errorMessage": "no\\nanswer", "stackTrace": []}'),
    ),
    ("TaskScheduled", 5, {}),
    ("TaskStarted", 6, {}),
    ("TaskSucceeded", 7, {}),
    ("TaskStateExited", 8, exited("Classify")),
    ("ChoiceStateEntered", 9, entered("IsRevised")),
    ("ChoiceStateExited", 10, exited("IsRevised")),
    ("ExecutionSucceeded", 11, {}),
)
CAUGHT = events(
    ("ExecutionStarted", 0, {}),
    ("ParallelStateEntered", 1, entered("Understand")),
    ("ParallelStateStarted", 2, {}),
    ("TaskStateEntered", 3, entered("Classify")),
    ("TaskStateEntered", 3, entered("Research")),
    ("TaskScheduled", 4, {}),
    ("TaskScheduled", 5, {}),
    ("TaskTimedOut", 7, {"taskTimedOutEventDetails": {"error": "States.Timeout"}}),
    ("TaskStateExited", 8, exited("Research")),
    ("TaskFailed", 6, failed("TriageFailed")),
    ("ParallelStateFailed", 10, {}),
    ("FailStateEntered", 11, entered("Failed")),
    ("ExecutionFailed", 12, {"executionFailedEventDetails": {"error": "RunFailed"}}),
)


def told(given: list[dict[str, Any]]) -> list[tuple[str, str, int, float | None, str]]:
    """What the rows say."""
    return [
        (row.state, row.status, row.attempt, row.seconds, row.error)
        for row in execution_history.rows(given)
    ]


def test_each_attempt_is_a_row_with_its_own_time_and_error() -> None:
    assert told(RETRIED) == [
        ("Classify", "FAILED", 1, 3.0, "ModelUnavailable: no answer"),
        ("Classify", "SUCCEEDED", 2, 3.0, ""),
        ("IsRevised", "SUCCEEDED", 1, 1.0, ""),
    ]
    assert execution_history.outcome(RETRIED) == "SUCCEEDED"


def test_branches_beside_each_other_are_told_apart() -> None:
    assert told(CAUGHT) == [
        ("Understand", "FAILED", 1, 9.0, ""),
        ("Classify", "FAILED", 1, 6.0, "TriageFailed"),
        ("Research", "FAILED", 1, 3.0, "States.Timeout"),
        ("Failed", "FAILED", 1, 1.0, ""),
    ]
    assert execution_history.outcome(CAUGHT) == "FAILED: RunFailed"


def test_what_is_under_way_has_no_time_yet() -> None:
    assert told(RETRIED[:4]) == [("Classify", "RUNNING", 1, None, "")]
    assert execution_history.outcome(RETRIED[:4]) == "RUNNING"
    aborted = [*RETRIED[:4], *events(*[("ExecutionAborted", 4, {})])]
    assert told(aborted)[0][1] == "ABORTED"


def test_the_trail_of_the_database_tells_each_try_of_a_step() -> None:
    """Of EXPRESS, and of a LocalStack that is gone, nothing else is left."""

    def happened(second: int, step: str, outcome: str, **more: Any) -> dict[str, Any]:
        at = (BEGAN + timedelta(seconds=second)).isoformat()
        data = {"attempt": 1, "seconds": 0.5, "outcome": outcome, **more}
        return {"run_id": 7, "kind": f"step.{outcome}", "step": step, "at": at, "data": data}

    trail = [
        {"run_id": 7, "kind": "run.pending", "step": None, "at": BEGAN.isoformat(), "data": {}},
        happened(1, "validate_ticket", "succeeded"),
        happened(2, "detect_duplicates", "failed", error="ModelUnavailable"),
        happened(3, "detect_duplicates", "succeeded"),
        {**happened(4, "classify", "succeeded"), "run_id": 8},
    ]
    found = execution_history.rows_of_trail(trail, 7)
    assert [(r.state, r.status, r.attempt, r.seconds, r.error) for r in found] == [
        ("ValidateTicket", "SUCCEEDED", 1, 0.5, ""),
        ("DetectDuplicates", "FAILED", 1, 0.5, "ModelUnavailable"),
        ("DetectDuplicates", "SUCCEEDED", 2, 0.5, ""),
    ]


def test_the_table_fits_eighty_columns() -> None:
    output = io.StringIO()
    long = [*RETRIED[:4], RETRIED[4] | failed("ModelUnavailable", "why " * 200)]
    Console(file=output, width=80).print(execution.table(execution_history.rows(long)))
    lines = output.getvalue().splitlines()
    assert lines[0].split() == ["state", "status", "seconds", "attempt", "error"]
    assert max(map(len, lines)) <= 80
    assert lines[2].split()[:4] == ["Classify", "failed", "3.00", "1"]


@pytest.mark.parametrize("given", ["x", "12345", "'; --", "01a1f922-0d4d-72d9-ae34-5e03bd605f99-7"])
def test_what_is_no_id_is_refused(given: str) -> None:
    with pytest.raises(EmbeddedError, match="is not a ticket's id: give the whole id, or at least"):
        execution._whole_id(Instance("test"), given)
