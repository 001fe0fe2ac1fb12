"""Every call leaves a row: what it was, what it cost, how it ended; no row holds the ticket."""

import contextlib
import json
import time
from pathlib import Path

import pytest

from deskhand.errors import ModelRefused, ModelUnavailable
from deskhand.store.connection import Connection
from tests import arrange
from tests.wire.models.conftest import BLUE, DOWN, FORBIDDEN, Chain
from tests.wire.models.model_server import Act, Handler, says

CANARY = "SECRET-CANARY mail ann@example.org"


@pytest.fixture
def run_id(conn: Connection) -> int:
    return arrange.accepted(conn, subject=CANARY)[1]


def test_a_call_is_a_row_a_reply_and_an_event(chain: Chain, run_id: int) -> None:
    """F-E8 F-A9"""
    chain.given["llm_prices"] = "m=100/1000"
    chain.ask(CANARY, run_id=run_id)
    [row] = chain.rows("model_calls")
    [reply] = chain.rows("model_replies")
    assert (row["run_id"], row["step"], row["provider"], row["model"]) == (
        run_id, "classify", "ollama", "m"
    )  # fmt: skip
    assert (row["prompt"], row["prompt_version"], row["outcome"]) == ("colour", "v1", "ok")
    assert (row["requests"], row["input_tokens"], row["output_tokens"]) == (1, 11, 7)
    assert float(row["cost_usd"]) == pytest.approx(0.0081)
    assert (row["cached"], row["fallback"]) == (False, False)
    assert row["latency_ms"] >= 0
    assert (reply["call_id"], json.loads(reply["reply"])["colour"]) == (row["id"], "blue")
    [event] = chain.conn.execute("SELECT * FROM events WHERE kind = 'model.called'").fetchall()
    assert (event["run_id"], event["step"], event["actor"]) == (run_id, "classify", "workflow")
    assert event["data"]["cost_usd"] == pytest.approx(0.0081)
    for written in (row, event["data"], chain.rows("model_gates")):
        assert "SECRET-CANARY" not in str(written)


def test_a_call_costs_one_round_trip_before_it_and_one_after(chain: Chain, tmp_path: Path) -> None:
    """F-E5 F-E6 F-E7 F-E8: with every guard at work, and for a known answer as well."""
    chain.given |= {
        "llm_requests_per_minute": 600,
        "llm_tokens_per_minute": 1_000_000,
        "llm_daily_budget": 100,
        "llm_prices": "m=1/1",
    }
    with (tmp_path / "wire").open("w+") as wire:
        for _ in range(2):
            chain.conn.pgconn.trace(wire.fileno())
            chain.ask()
            chain.conn.pgconn.untrace()
        wire.seek(0)
        sent = [line.split("\t")[1:4] for line in wire.read().splitlines() if "\t" in line]
    # The client goes on once a pipeline has ended, or a statement outside of one.
    assert [name for way, _, name in sent if way == "F" and name in ("Sync", "Query")] == [
        "Sync"
    ] * 4


def test_a_cached_answer_is_a_row_that_cost_nothing(chain: Chain, run_id: int) -> None:
    """F-E7 F-E8"""
    for _ in range(2):
        chain.ask(run_id=run_id)
    _, row = chain.rows("model_calls")
    assert (row["cached"], row["outcome"], row["requests"]) == (True, "ok", 0)
    assert (row["input_tokens"], row["output_tokens"], row["cost_usd"]) == (0, 0, 0)
    assert len(chain.rows("model_replies")) == 1


def test_a_repaired_answer_took_two_requests(chain: Chain) -> None:
    """F-E3 F-E8"""
    chain.first.script[:] = [says("blue"), says('{"colour": "blue", "sure": 1}')]
    chain.ask()
    [row] = chain.rows("model_calls")
    assert (row["requests"], row["input_tokens"]) == (2, 22)


@pytest.mark.parametrize(
    ("act", "error"), [(DOWN, ModelUnavailable), (FORBIDDEN, ModelRefused)], ids=["down", "refused"]
)
def test_a_failed_call_is_a_row_too(chain: Chain, act: object, error: type[Exception]) -> None:
    """F-E8"""
    chain.act(act)  # type: ignore[arg-type]
    with pytest.raises(error):
        chain.ask()
    [row] = chain.rows("model_calls")
    assert (row["outcome"], row["cost_usd"], row["cached"]) == (error.__name__, None, False)
    assert chain.rows("model_replies") == []


def test_how_long_it_took_is_written_down_also_of_a_failure(chain: Chain) -> None:
    """F-E8"""

    def late(act: Act) -> Act:
        def acting(handler: Handler) -> None:
            time.sleep(0.3)
            act(handler)

        return acting

    for act in (BLUE, DOWN):
        chain.act(late(act))
        with contextlib.suppress(ModelUnavailable):
            chain.ask(str(act))
    assert [row["latency_ms"] >= 300 for row in chain.rows("model_calls")] == [True, True]


def test_a_call_that_was_not_made_is_none(chain: Chain) -> None:
    """F-E8"""
    chain.given["llm_requests_per_minute"] = 1
    chain.ask("one")
    with pytest.raises(Exception, match="no turn"):
        chain.ask("two")
    assert len(chain.rows("model_calls")) == 1


def test_an_unknown_price_is_no_price_and_ones_own_machine_is_free(chain: Chain) -> None:
    """F-E8"""
    assert chain.ask().cost_usd == 0
    chain.given["llm_providers"] = "openai:never-heard-of"
    assert chain.ask().cost_usd is None
    assert [row["cost_usd"] for row in chain.rows("model_calls")] == [0, None]


def test_a_fallback_says_so(chain: Chain) -> None:
    """F-E4 F-E8"""
    chain.given["llm_providers"] = "ollama:m,openai:n"
    chain.act(DOWN)
    chain.ask(last=True)
    failed, answered = chain.rows("model_calls")
    assert (failed["provider"], failed["outcome"], failed["fallback"]) == (
        "ollama", "ModelUnavailable", False
    )  # fmt: skip
    assert (answered["provider"], answered["outcome"], answered["fallback"]) == (
        "openai", "ok", True
    )  # fmt: skip


def test_what_is_masked_is_kept_nowhere(chain: Chain, run_id: int) -> None:
    """F-E11: reply and cache are made of what the provider saw."""
    chain.given["llm_providers"] = "openai:n"
    chain.second.script[:] = [says('{"colour": "blue", "sure": 1, "to": "<EMAIL_1>"}')]
    chain.ask(CANARY, run_id=run_id)
    assert "ann@example.org" not in str(chain.second.bodies)
    for table in ("model_calls", "model_replies", "model_cache"):
        assert "ann@example.org" not in str(chain.rows(table))
    chain.given["llm_masking"] = False
    chain.ask(CANARY)
    assert "ann@example.org" in str(chain.second.bodies)


def test_a_reply_that_postgres_would_refuse_is_kept_without_that(chain: Chain, run_id: int) -> None:
    chain.first.script[:] = [says('\0 {"colour": "blue", "sure": 1}')]
    assert chain.ask(run_id=run_id).value.colour == "blue"
    [reply] = chain.rows("model_replies")
    assert reply["reply"] == '\ufffd {"colour": "blue", "sure": 1}'


@pytest.mark.parametrize(("days", "kept"), [(0, 0), (1, 1)])
def test_replies_are_kept_as_long_as_the_settings_say(
    chain: Chain, run_id: int, days: int, kept: int
) -> None:
    """F-E8"""
    chain.given["llm_reply_days"] = days
    chain.ask(run_id=run_id)
    rows = chain.conn.execute(
        "SELECT FROM model_replies WHERE expires_at BETWEEN now() AND now() + interval '1 day'"
    ).fetchall()
    assert len(rows) == kept
