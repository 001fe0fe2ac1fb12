"""Classify: catalog, evidence, priority and provenance, stored with the outcome."""

import json
from collections.abc import Iterator
from io import StringIO
from uuid import UUID

import pytest

from deskhand.errors import AttemptOvertaken, CatalogMissing, StepFailed
from deskhand.logs import log
from deskhand.settings.environment import SettingInvalid, settings
from deskhand.store.connection import Connection
from deskhand.workflow.step import step
from functions.classify.handler import handler
from tests import arrange
from tests.adapters import closed_at_the_end
from tests.functions.conftest import step_event
from tests.wire.models.model_server import ModelServer, says

pytestmark = pytest.mark.usefixtures("catalog")

VPN = {"subject": "VPN disconnects", "body": "Remote access fails every few minutes."}


@pytest.fixture(autouse=True)
def _closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield from closed_at_the_end(monkeypatch)


def test_the_verdict_carries_names_and_figures_only(conn: Connection) -> None:
    """F-D4 F-E2"""
    run = arrange.accepted(conn, **VPN)
    verdict = handler(step_event("classify", run), None)
    assert verdict["category"] == "Network"
    assert verdict["request_type"] == "VPN access"
    assert verdict["priority"] == "high"
    assert 0 <= verdict["confidence"] <= 1
    assert verdict["ai_status"] == "COMPLETED"
    assert set(verdict) == {
        "category", "request_type", "priority", "confidence", "needs_review", "ai_status",
        "suspected_injection", "sla_ignored",
    }  # fmt: skip


def test_the_ticket_says_what_was_decided_and_why(conn: Connection) -> None:
    """F-E8"""
    run = arrange.accepted(conn, **VPN)
    handler(step_event("classify", run), None)
    ticket = conn.execute("SELECT * FROM tickets").fetchone()
    assert ticket["summary"]
    assert ticket["priority_inputs"] == [{"name": "catalog_default", "priority": "high"}]
    assert {"source", "phrase"} <= set(ticket["evidence"][0])
    assert ticket["ai_provider"] == "offline"
    assert ticket["ai_prompt"]
    outcome = conn.execute("SELECT result FROM step_outcomes").fetchone()["result"]
    assert outcome["category"] == "Network"


@pytest.mark.parametrize(("heeded", "priority"), [("false", "high"), ("true", "critical")])
def test_a_model_s_opinion_counts_where_it_is_to(
    conn: Connection, monkeypatch: pytest.MonkeyPatch, heeded: str, priority: str
) -> None:
    answer = {
        "category": "Network", "request_type": "VPN access", "summary": "The VPN drops.",
        "confidence": 0.9, "evidence": [], "urgency": "higher",
    }  # fmt: skip
    monkeypatch.setenv("MODEL_RAISES_PRIORITY", heeded)
    with ModelServer(says(json.dumps(answer))) as server:
        monkeypatch.setenv("LLM_PROVIDERS", "ollama:m")
        monkeypatch.setenv("OLLAMA_BASE_URL", server.url)
        settings.cache_clear()
        run = arrange.accepted(conn, **VPN)
        assert handler(step_event("classify", run), None)["priority"] == priority
    [ticket] = conn.execute("SELECT priority, priority_inputs FROM tickets").fetchall()
    assert ticket["priority"] == priority
    assert ticket["priority_inputs"] == [
        {"name": "catalog_default", "priority": "high"},
        {"name": "model_opinion", "priority": priority, "urgency": "higher",
         "heeded": heeded == "true"},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("judged", "unmeasured", "review"),
    [(19, "", True), (19, "0.5", False), (19, "0.91", True), (40, "0.5", True)],
)
def test_what_people_said_of_a_model_moves_its_bar(
    conn: Connection,
    monkeypatch: pytest.MonkeyPatch,
    judged: int,
    unmeasured: str,
    review: bool,
) -> None:
    """F-G3 F-G7: it was sure of .9 and wrong half of the time; .95 of what needs no review must be
    right. Of fewer than twenty answers nobody can say, so the operator's word counts, or people
    look."""
    monkeypatch.setenv("UNMEASURED_CONFIDENCE", unmeasured)
    conn.execute(
        """
        INSERT INTO corrections (actor, category, request_type, predicted_category,
                                 predicted_request_type, confidence, provider, model)
        SELECT 'a', 'Network', 'VPN access', 'Network',
               CASE WHEN n %% 2 = 0 THEN 'VPN access' ELSE 'Other' END, 0.9, 'ollama', 'm'
        FROM generate_series(1, %s) AS n
        """,
        [judged],
    )
    answer = {
        "category": "Network", "request_type": "VPN access", "summary": "The VPN drops.",
        "confidence": 0.9, "evidence": [],
    }  # fmt: skip
    with ModelServer(says(json.dumps(answer))) as server:
        monkeypatch.setenv("LLM_PROVIDERS", "ollama:m")
        monkeypatch.setenv("OLLAMA_BASE_URL", server.url)
        settings.cache_clear()
        run = arrange.accepted(conn, **VPN)
        assert handler(step_event("classify", run), None)["needs_review"] is review


def test_tickets_about_the_same_count(conn: Connection) -> None:
    """Five of them are a group: the original's priority goes up when it is looked at again."""
    run = arrange.accepted(conn, **VPN)
    for _ in range(4):
        twin, _ = arrange.accepted(conn, **VPN)
        conn.execute("UPDATE tickets SET duplicate_of = %s WHERE id = %s", [run[0], twin])
    assert handler(step_event("classify", run), None)["priority"] == "critical"
    [ticket] = conn.execute(
        "SELECT priority_inputs AS inputs FROM tickets WHERE id = %s", [run[0]]
    ).fetchall()
    assert ticket["inputs"][-1] == {
        "name": "duplicates_cluster", "priority": "critical", "impact": "group", "tickets": 5
    }  # fmt: skip


def test_what_fits_nothing_has_no_place(conn: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    """F-G8: where the line is, the operator says."""
    lunch = {"subject": "Lunch menu", "body": "What is for lunch on Friday?"}
    verdict = handler(step_event("classify", arrange.accepted(conn, **lunch)), None)
    assert (verdict["category"], verdict["needs_review"]) == (None, True)
    monkeypatch.setenv("TRIAGE_CONFIDENCE", "0")
    settings.cache_clear()
    verdict = handler(step_event("classify", arrange.accepted(conn, **lunch)), None)
    assert (verdict["category"] is None, verdict["needs_review"]) == (False, True)


def test_a_second_invocation_returns_the_stored_verdict(conn: Connection) -> None:
    """F-B7"""
    run = arrange.accepted(conn, **VPN)
    first = handler(step_event("classify", run), None)
    version = conn.execute("SELECT version FROM tickets").fetchone()
    assert handler(step_event("classify", run, retry_count=2), None) == first
    assert conn.execute("SELECT version FROM tickets").fetchone() == version


def test_without_a_catalog_the_error_says_what_to_do(conn: Connection) -> None:
    conn.execute("UPDATE catalogs SET active = false")
    with pytest.raises(CatalogMissing, match="load_catalog"):
        handler(step_event("classify", arrange.accepted(conn)), None)


def test_another_attempt_or_an_unknown_run_is_overtaken(conn: Connection) -> None:
    run = arrange.accepted(conn)
    for changed in (step_event("classify", run, attempt=2), step_event("classify", (run[0], 999))):
        with pytest.raises(AttemptOvertaken):
            handler(changed, None)


def test_a_foreign_error_does_not_quote_the_ticket(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-K6"""
    logged = StringIO()
    monkeypatch.setattr(log.registered_handler, "stream", logged)
    run = arrange.accepted(conn, subject="SECRET-CANARY", body="vpn SECRET-CANARY")
    conn.execute("ALTER TABLE tickets ADD CONSTRAINT broken CHECK (summary IS NULL)")
    with pytest.raises(StepFailed) as failure:
        handler(step_event("classify", run), None)
    assert str(failure.value) == "classify ended in CheckViolation"
    assert '"error":"CheckViolation"' in logged.getvalue()
    assert "deskhand/store/triage.py" in logged.getvalue()
    assert "SECRET-CANARY" not in logged.getvalue()


def test_a_wrong_setting_stops_the_start_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """F-E9"""
    monkeypatch.setenv("LLM_TEMPERATURE", "3")
    settings.cache_clear()
    with pytest.raises(SettingInvalid, match=r"LLM_TEMPERATURE.*from 0 to 2"):
        step("classify")
    settings.cache_clear()


def test_a_setting_that_only_the_chain_needs_is_named_too(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F-E9"""
    logged = StringIO()
    monkeypatch.setattr(log.registered_handler, "stream", logged)
    monkeypatch.setenv("LLM_PROVIDERS", "openai:m")
    settings.cache_clear()
    with pytest.raises(StepFailed, match="OPENAI_API_KEY is not set"):
        handler(step_event("classify", arrange.accepted(conn, **VPN)), None)
    assert "OPENAI_API_KEY is not set" in logged.getvalue()


def chosen(conn: Connection, category: str, request_type: str) -> tuple[UUID, int]:
    """A run of a VPN ticket for which people chose another pair."""
    run = arrange.accepted(conn, **VPN)
    conn.execute(
        "UPDATE tickets SET category = %s, request_type = %s,"
        """ provenance = '{"category": "human", "request_type": "human"}'""",
        [category, request_type],
    )
    return run


def test_the_priority_follows_the_request_type_that_people_chose(conn: Connection) -> None:
    """F-C7"""
    verdict = handler(step_event("classify", chosen(conn, "Workplace", "Monitor")), None)
    assert (verdict["request_type"], verdict["priority"]) == ("Monitor", "medium")
    ticket = conn.execute("SELECT * FROM tickets").fetchone()
    assert (ticket["category"], ticket["priority"]) == ("Workplace", "medium")
    assert ticket["priority_inputs"] == [{"name": "default", "priority": "medium"}]
    outcome = conn.execute("SELECT result FROM step_outcomes").fetchone()["result"]
    assert outcome["request_type"] == "VPN access"


def test_a_chosen_type_that_left_the_catalog_stays(conn: Connection) -> None:
    """F-C7"""
    verdict = handler(step_event("classify", chosen(conn, "Network", "Fax")), None)
    assert (verdict["request_type"], verdict["priority"]) == ("Fax", "medium")


def test_what_people_chose_needs_no_review(conn: Connection) -> None:
    run = chosen(conn, "Workplace", "Monitor")
    conn.execute("UPDATE tickets SET subject = 'Lunch menu', body = 'What is for lunch?'")
    assert handler(step_event("classify", run), None)["needs_review"] is False
