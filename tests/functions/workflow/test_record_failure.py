"""RecordFailure: the run's honest end."""

import json

import pytest

from deskhand.store.connection import Connection
from deskhand.workflow.record_failure import reason_of
from functions.record_failure.handler import handler
from tests import arrange
from tests.functions.conftest import step_event


def test_the_run_ends_once_with_name_and_reason(conn: Connection) -> None:
    """F-D10"""
    run = arrange.accepted(conn)
    assert handler(step_event("record_failure", run), None) == {"recorded": True}
    assert handler(step_event("record_failure", run), None) == {"recorded": False}
    stored = conn.execute("SELECT status, error, reason FROM runs").fetchone()
    assert stored == {
        "status": "FAILED",
        "error": "InvalidTicket",
        "reason": "neither subject nor body holds a single word",
    }


def test_an_overtaken_attempt_records_nothing(conn: Connection) -> None:
    run = arrange.accepted(conn)
    conn.execute("UPDATE runs SET attempt = 2")
    assert handler(step_event("record_failure", run), None) == {"recorded": False}
    assert conn.execute("SELECT status FROM runs").fetchone() == {"status": "PENDING"}


@pytest.mark.parametrize(
    ("cause", "reason"),
    [
        (json.dumps({"errorMessage": "why", "stackTrace": ["secret"]}), "why"),
        ("plain text", "plain text"),
        ("[1, 2]", "[1, 2]"),
        ("", "no message"),
        ("x" * 600, "x" * 500),
    ],
)
def test_the_reason_is_the_message_and_short(cause: str, reason: str) -> None:
    assert reason_of(cause) == reason
