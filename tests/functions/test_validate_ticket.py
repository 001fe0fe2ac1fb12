"""ValidateTicket: something to triage, or a named reason why not."""

import pytest

from deskhand.errors import InvalidTicket
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
