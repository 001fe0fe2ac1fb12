"""The step around the chain: what stands on ticket, run and trail after a model was asked."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from deskhand.errors import ModelUnavailable
from deskhand.settings import environment
from deskhand.store.connection import Connection, open_connection
from functions.classify.handler import handler
from tests import arrange
from tests.functions.conftest import step_event
from tests.wire.models.conftest import DOWN
from tests.wire.models.model_server import ModelServer, says

ANSWER = {
    "category": "Network",
    "request_type": "VPN access",
    "summary": "The VPN disconnects.",
    "confidence": 0.9,
    "evidence": ["VPN disconnects"],
}
VPN = {"subject": "VPN disconnects", "body": "Remote access fails every few minutes."}


@pytest.fixture
def model(
    catalog: None, conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ModelServer]:
    """A good model, before `offline` in the chain, and a catalog."""
    with ModelServer(says(json.dumps(ANSWER))) as server:
        monkeypatch.setenv("OLLAMA_BASE_URL", server.url)
        monkeypatch.setenv("LLM_PROVIDERS", "ollama:m,offline")
        monkeypatch.setenv("LLM_PRICES", "m=1000/1000")
        environment.settings.cache_clear()
        yield server


def result(conn: Connection) -> dict[str, Any]:
    row = conn.execute("SELECT result FROM step_outcomes ORDER BY created_at DESC").fetchone()
    found: dict[str, Any] = row["result"]
    return found


class TestClassify:
    def test_the_call_belongs_to_the_run(self, conn: Connection, model: ModelServer) -> None:
        """F-E8"""
        run = arrange.accepted(conn, **VPN)
        assert handler(step_event("classify", run), None)["ai_status"] == "COMPLETED"
        row = conn.execute("SELECT run_id, step, outcome FROM model_calls").fetchone()
        assert row == {"run_id": run[1], "step": "classify", "outcome": "ok"}
        found = result(conn)
        assert found["cost_usd"] == pytest.approx(0.018)
        assert (found["cached"], found["failures"]) == (False, [])

    def test_the_same_words_are_asked_about_once(
        self, conn: Connection, model: ModelServer
    ) -> None:
        """F-E7: also when they come with another address in them, which no model sees."""
        for body in ("Write to ann@example.org", "Write  to\nbob@example.org"):
            run = arrange.accepted(conn, subject="VPN disconnects", body=body)
            verdict = handler(step_event("classify", run), None)
            assert (verdict["request_type"], verdict["ai_status"]) == ("VPN access", "COMPLETED")
        assert len(model.requests) == 1
        assert result(conn)["cached"] is True

    def test_with_an_open_breaker_the_first_try_falls_back(
        self, conn: Connection, model: ModelServer
    ) -> None:
        """F-E4 F-E5"""
        handler(step_event("classify", arrange.accepted(conn)), None)
        conn.execute("UPDATE model_gates SET opened_at = now()")
        run = arrange.accepted(conn, **VPN)
        assert handler(step_event("classify", run), None)["ai_status"] == "FALLBACK"
        ticket = conn.execute(
            "SELECT ai_status, ai_provider FROM tickets WHERE id = %(id)s", {"id": run[0]}
        ).fetchone()
        assert ticket == {"ai_status": "FALLBACK", "ai_provider": "offline"}
        assert result(conn)["failures"] == ["ollama: ModelUnavailable, not asked"]
        call = conn.execute(
            "SELECT provider, fallback, cost_usd FROM model_calls WHERE run_id = %(id)s",
            {"id": run[1]},
        ).fetchall()
        assert call == [{"provider": "offline", "fallback": True, "cost_usd": 0}]
        assert len(model.requests) == 1

    def test_a_call_is_written_down_although_the_step_fails(
        self, conn: Connection, model: ModelServer
    ) -> None:
        """F-E8: the money is spent all the same."""
        model.script[:] = [DOWN]
        run = arrange.accepted(conn, **VPN)
        with pytest.raises(ModelUnavailable):
            handler(step_event("classify", run), None)
        kinds = conn.execute("SELECT kind FROM events ORDER BY id DESC LIMIT 2").fetchall()
        assert [row["kind"] for row in kinds] == ["step.failed", "model.called"]

    def test_locked_tables_cost_no_ticket(
        self, conn: Connection, database: str, model: ModelServer
    ) -> None:
        """F-E5 F-E6 F-E8"""
        run = arrange.accepted(conn, **VPN)
        with open_connection(database, wait_seconds=None) as other, other.transaction():
            other.execute("LOCK TABLE model_gates, model_cache, model_calls")
            assert handler(step_event("classify", run), None)["ai_status"] == "COMPLETED"
        assert arrange.count(conn, "model_calls") == 0
        assert arrange.count(conn, "step_outcomes") == 1
