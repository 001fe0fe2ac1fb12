"""ValidateTicket: something to triage, or a named reason why not."""

from io import StringIO

import pytest

from deskhand.errors import AttemptOvertaken, InvalidTicket, StepFailed
from deskhand.logs import log
from deskhand.store.connection import Connection
from functions.validate_ticket.handler import handler
from tests import arrange
from tests.functions.conftest import step_event


@pytest.mark.parametrize(
    ("subject", "body", "words"),
    [("VPN down", "", 2), ("?", "日本語", 1), ("Ошибка", "404!", 2), ("...", "_ _ 7", 1)],
)
def test_words_of_any_script_count(conn: Connection, subject: str, body: str, words: int) -> None:
    run = arrange.accepted(conn, subject=subject, body=body)
    assert handler(step_event("validate_ticket", run), None) == {"words": words}


@pytest.mark.parametrize(("subject", "body"), [("??", "!!"), ("🙂", ""), ("___", "\n\t—")])
def test_nothing_to_triage_is_an_invalid_ticket(conn: Connection, subject: str, body: str) -> None:
    """F-D2"""
    run = arrange.accepted(conn, subject=subject, body=body)
    with pytest.raises(InvalidTicket):
        handler(step_event("validate_ticket", run), None)
    failed = conn.execute("SELECT data FROM events WHERE kind = 'step.failed'").fetchone()
    assert failed["data"]["error"] == "InvalidTicket"


def test_the_request_id_of_another_run_is_not_logged(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-M4"""
    logged = StringIO()
    run = arrange.accepted(conn)
    handler(step_event("validate_ticket", run), None)
    monkeypatch.setattr(log.registered_handler, "stream", logged)
    with pytest.raises(AttemptOvertaken):
        handler(step_event("validate_ticket", (run[0], 999)), None)
    assert '"run_id":999' in logged.getvalue()
    assert "req-1" not in logged.getvalue()


def test_a_failure_while_storing_the_outcome_is_on_the_trail(conn: Connection) -> None:
    run = arrange.accepted(conn)
    conn.execute("ALTER TABLE step_outcomes ADD CONSTRAINT broken CHECK (false)")
    with pytest.raises(StepFailed):
        handler(step_event("validate_ticket", run), None)
    failed = conn.execute("SELECT data FROM events WHERE kind = 'step.failed'").fetchone()
    assert failed["data"]["error"] == "CheckViolation"
