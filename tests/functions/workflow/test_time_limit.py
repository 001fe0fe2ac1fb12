"""A step that runs out of time goes on with less, before Lambda kills it."""

import re
from typing import Any

import pytest

from deskhand.store.connection import Connection
from deskhand.store.steps import Outcome
from deskhand.ticket import Ticket
from deskhand.workflow.step import Handler, Work, step
from deskhand.workflow.step_provider import step_provider
from functions.classify.handler import handler as classify
from tests import arrange
from tests.functions.conftest import step_event


class Context:
    """Lambda's context shortly before it kills the function."""

    def get_remaining_time_in_millis(self) -> int:
        """Less than what a step keeps for its second run."""
        return 6_200


def endless() -> Handler:
    """A step that never ends unless it is in a hurry."""

    @step("validate_ticket")
    def handler(ticket: Ticket, work: Work) -> Outcome:
        if not work.hurried:
            # Takes longer than the sun has left.
            re.fullmatch(r"(?:a+)+", "a" * 90 + "!")
        return Outcome(verdict={"read": len(ticket.body)})

    return handler


def failures(conn: Connection) -> list[tuple[str, str]]:
    rows = conn.execute("SELECT step, data FROM events WHERE kind = 'step.failed'").fetchall()
    return [(row["step"], row["data"]["error"]) for row in rows]


def test_it_reads_the_beginning_and_its_trail_says_so(conn: Connection) -> None:
    """F-D10"""
    run = arrange.accepted(conn, body="a " * 5_000)
    asked = step_event("validate_ticket", run)
    assert endless()(asked, Context()) == {"read": 2_000}
    assert failures(conn) == [("validate_ticket", "OutOfTime")]
    assert endless()(asked, Context()) == {"read": 2_000}
    assert failures(conn) == [("validate_ticket", "OutOfTime")]


def test_who_has_time_reads_all(conn: Connection) -> None:
    run = arrange.accepted(conn, body="a " * 5_000)

    @step("validate_ticket")
    def handler(ticket: Ticket, work: Work) -> Outcome:
        return Outcome(verdict={"read": len(ticket.body), "hurried": work.hurried})

    class Patient:
        def get_remaining_time_in_millis(self) -> int:
            return 600_000

    verdict = handler(step_event("validate_ticket", run), Patient())
    assert verdict == {"read": 10_000, "hurried": False}
    assert failures(conn) == []


@pytest.mark.usefixtures("catalog")
def test_no_model_is_asked_in_a_hurry(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-D10 F-E2: a required step does not fail the run."""
    asked: list[str] = []
    real = step_provider

    def slow(work: Work, *rest: Any) -> Any:
        if not work.hurried:
            re.fullmatch(r"(?:a+)+", "a" * 90 + "!")
        provider = real(work, *rest)
        asked.append(provider.name)
        return provider

    monkeypatch.setattr("functions.classify.handler.step_provider", slow)
    monkeypatch.setenv("LLM_PROVIDERS", "openai:any,offline")
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    run = arrange.accepted(conn, subject="VPN drops", body="The VPN drops every few minutes.")
    verdict = classify(step_event("classify", run), Context())
    assert (verdict["category"], asked) == ("Network", ["offline"])
    assert failures(conn) == [("classify", "OutOfTime")]
