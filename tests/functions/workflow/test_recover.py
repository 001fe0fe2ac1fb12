"""Failures are grouped by step and error for those who may see them."""

import pytest

from deskhand.settings import environment
from deskhand.store import runs, steps
from deskhand.store.connection import Connection
from tests import arrange
from tests.functions.workflow.recovering import call, failed, failures, replay, reprocess

pytestmark = pytest.mark.usefixtures("dead")


def test_failures_are_grouped_by_step_and_error(conn: Connection) -> None:
    """F-C4"""
    first, second = failed(conn), failed(conn)
    failed(conn, "create_ticket", "StepFailed")
    failed(conn, None, "AttemptsExhausted")
    arrange.accepted(conn)
    conn.execute(
        "UPDATE runs SET finished_at = '2026-01-02T03:04:05Z' WHERE id = %s", [first.run_id]
    )
    shown = failures()
    assert shown["dead_letters_waiting"] == 0
    groups = shown["groups"]
    assert [(g["source"], g["step"], g["error"], g["count"]) for g in groups] == [
        ("run", "classify", "Broken", 2),
        ("run", "create_ticket", "StepFailed", 1),
        ("run", "dispatch", "AttemptsExhausted", 1),
    ]
    assert groups[0]["run_ids"] == [second.run_id, first.run_id]
    assert groups[0]["oldest"] == "2026-01-02T03:04:05Z" < groups[0]["newest"]
    assert groups[0]["example"] == {
        "run_id": second.run_id,
        "ticket_id": str(second.ticket_id),
        "attempt": 1,
        "reason": "Broken in classify",
    }


def test_a_group_shows_its_twenty_newest_runs(conn: Connection) -> None:
    """F-C4"""
    ids = [failed(conn).run_id for _ in range(22)]
    [group] = failures()["groups"]
    assert (group["count"], group["run_ids"]) == (22, ids[:1:-1])


def test_failures_can_be_filtered(conn: Connection) -> None:
    """F-C4"""
    failed(conn)
    failed(conn, "create_ticket")
    failed(conn, "create_ticket", "Other")
    assert [g["error"] for g in failures(step="create_ticket")["groups"]] == ["Broken", "Other"]
    assert [g["step"] for g in failures(error="Broken")["groups"]] == ["classify", "create_ticket"]
    assert len(failures(step="create_ticket", error="Other")["groups"]) == 1
    assert failures(step="nothing")["groups"] == []


@pytest.mark.parametrize(
    ("query", "name"),
    [({"colour": ["x"]}, "colour"), ({"step": ["a", "b"]}, "step"), ({"error": ["\0"]}, "error")],
)
def test_a_wrong_parameter_is_named(query: dict[str, list[str]], name: str) -> None:
    """F-A14"""
    reply, problem = call("GET", "/admin/failures", query=query)
    assert (reply["statusCode"], problem["errors"][0]["pointer"]) == (400, name)


def test_a_failure_that_a_later_run_replaced_is_none(conn: Connection) -> None:
    """F-C4"""
    old = failed(conn)
    reprocess(old.ticket_id)
    assert failures()["groups"] == []
    assert replay({"all": True})[1]["count"] == 0
    reply, problem = replay({"run_id": old.run_id})
    assert (reply["statusCode"], "later run" in problem["detail"]) == (409, True)


def test_failures_carry_no_ticket_text(conn: Connection) -> None:
    """F-K6"""
    _, run_id = arrange.accepted(conn, subject="SECRET-CANARY", body="SECRET-CANARY")
    steps.open_step(conn, run_id, 1, "classify", 0)
    runs.fail(conn, run_id, 1, "Broken", "why")
    for body in ({"run_id": run_id, "dry_run": True}, {"all": True}):
        assert "CANARY" not in call("GET", "/admin/failures")[0]["body"]
        assert "CANARY" not in replay(body)[0]["body"]


@pytest.mark.parametrize(
    ("role", "allowed"),
    [("admin", (202, 200, 202)), ("agent", (202, 403, 403)), ("customer", (403, 403, 403)),
     ("service", (403, 403, 403))],
)  # fmt: skip
def test_roles(
    conn: Connection, monkeypatch: pytest.MonkeyPatch, role: str, allowed: tuple[int, int, int]
) -> None:
    """F-K2"""
    anew, again = failed(conn), failed(conn)
    monkeypatch.setenv("ANONYMOUS_ROLE", role)
    environment.settings.cache_clear()
    answered = (
        reprocess(anew.ticket_id)[0]["statusCode"],
        call("GET", "/admin/failures")[0]["statusCode"],
        replay({"run_id": again.run_id})[0]["statusCode"],
    )
    assert answered == allowed
