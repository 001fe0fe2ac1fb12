"""Rates and money: a call waits, is retried or goes elsewhere, and is never dropped."""

import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest

from deskhand.errors import ModelOutputInvalid, ModelRateLimited, ModelUnavailable
from deskhand.logs import log
from deskhand.models import chain as chain_module
from deskhand.models import ledger
from deskhand.models.wrappers import limiter
from deskhand.store.admission import Admission, admit
from deskhand.store.connection import Connection
from tests.stopped_clock import StoppedClock
from tests.wire.models.conftest import BLUE, DOWN, NONSENSE, Chain
from tests.wire.models.faults import busy
from tests.wire.models.model_server import Act


@pytest.fixture(autouse=True)
def clock(conn: Connection) -> StoppedClock:
    """Nothing passes by itself."""
    return StoppedClock(conn)


@pytest.fixture(autouse=True)
def slept(clock: StoppedClock, monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the limiter has waited, each time: by the stopped clock, so that no test waits."""
    made: list[float] = []

    def sleep(seconds: float) -> None:
        made.append(seconds)
        clock.advance(seconds)

    monkeypatch.setattr(limiter, "sleep", sleep)
    return made


@pytest.fixture
def two(chain: Chain) -> Chain:
    """A chain of two providers."""
    chain.given["llm_providers"] = "ollama:m,openai:n"
    return chain


def test_a_turn_that_comes_soon_is_waited_for(chain: Chain, slept: list[float]) -> None:
    """F-E6"""
    chain.given["llm_requests_per_minute"] = 30  # three at once, then one in 2.1 s
    for number in range(4):
        chain.ask(f"{number}")
    assert slept == [0, 0, 0, pytest.approx(60 / 28)]
    assert chain.asked == (4, 0)


def test_waiting_for_a_turn_is_no_time_of_the_model(
    chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    start = ledger.Ledger.start

    def started(self: ledger.Ledger) -> None:
        events.append("measured from here")
        start(self)

    monkeypatch.setattr(limiter, "sleep", lambda _: events.append("waited"))
    monkeypatch.setattr(ledger.Ledger, "start", started)
    chain.ask()
    assert events == ["waited", "measured from here"]


@pytest.mark.parametrize("script", [[NONSENSE, BLUE], [NONSENSE]], ids=["mended", "useless"])
def test_a_repair_takes_a_turn_of_its_own(
    chain: Chain, clock: StoppedClock, script: list[Act]
) -> None:
    """F-E6"""
    chain.given["llm_requests_per_minute"] = 11  # a turn takes 5.5 s
    chain.first.script[:] = script
    with contextlib.suppress(ModelOutputInvalid):
        chain.ask()
    assert clock.seconds_until("requests_due", "model_gates") == pytest.approx(2 * 60 / 11)


class TestOverTheRate:
    @pytest.fixture(autouse=True)
    def _one_a_minute(self, two: Chain) -> None:
        two.given["llm_requests_per_minute"] = 1
        two.ask("the first")

    def test_a_turn_that_comes_late_is_left_to_the_retries(self, two: Chain) -> None:
        """F-E6"""
        with pytest.raises(ModelRateLimited) as raised:
            two.ask()
        assert type(raised.value) is ModelRateLimited
        assert two.asked == (1, 0)

    def test_the_last_try_goes_to_the_next_provider(self, two: Chain) -> None:
        """F-E4 F-E6"""
        completion = two.ask(last=True)
        assert completion.provider == "openai"
        assert completion.failures == ("ollama: ModelRateLimited, not asked",)

    def test_the_next_turn_comes(self, two: Chain, clock: StoppedClock) -> None:
        clock.advance(60)
        assert two.ask().provider == "ollama"


def test_waiting_never_takes_the_time_of_a_model(two: Chain, slept: list[float]) -> None:
    """F-D12: with a time limit that two models use up, no turn is waited for."""
    two.given |= {"llm_requests_per_minute": 30, "llm_timeout_seconds": 25}
    for number in range(3):
        two.ask(f"{number}")
    assert two.ask("the fourth", last=True).provider == "openai"
    assert max(slept) == 0


def test_tokens_are_reserved_by_estimate_and_settled_by_use(chain: Chain) -> None:
    """F-E6: 1,024 tokens of answer are reserved, 18 in all are used."""
    chain.given["llm_tokens_per_minute"] = 2000
    for number in range(10):
        chain.ask(f"{number}")
    assert chain.asked == (10, 0)
    chain.act(DOWN)
    with pytest.raises(ModelUnavailable):
        chain.ask("may have been billed")
    with pytest.raises(ModelRateLimited):
        chain.ask("no tokens left")


class TestBudget:
    @pytest.fixture(autouse=True)
    def _priced(self, two: Chain) -> None:
        # An answer costs 18 cents, the most that one could cost is 10.24 dollars and more.
        two.given |= {"llm_prices": "m=10000/10000,n=0/0", "llm_daily_budget": 11}

    def spend(self, two: Chain, dollars: float) -> None:
        two.conn.execute(
            "INSERT INTO model_days VALUES ((now() AT TIME ZONE 'UTC')::date, %(spent)s)"
            " ON CONFLICT (day) DO UPDATE SET cost_usd = excluded.cost_usd",
            {"spent": dollars},
        )

    def test_what_a_call_cost_is_what_it_took(self, two: Chain) -> None:
        """F-E6"""
        assert two.ask("one").cost_usd == pytest.approx(0.18)
        assert two.ask("two").cost_usd == pytest.approx(0.18)
        [day] = two.rows("model_days")
        assert float(day["cost_usd"]) == pytest.approx(0.36)

    def test_used_up_the_next_provider_answers_at_once(self, two: Chain) -> None:
        """F-E4 F-E6"""
        self.spend(two, 10)
        completion = two.ask(last=False)
        assert completion.provider == "openai"
        assert completion.failures == ("ollama: ModelRateLimited, not asked",)
        assert two.asked == (0, 1)

    def test_the_next_day_has_its_own_money(self, two: Chain) -> None:
        """F-E6"""
        self.spend(two, 11)
        two.conn.execute("UPDATE model_days SET day = day - 1")
        assert two.ask().provider == "ollama"

    def test_a_call_over_midnight_is_settled_on_the_day_that_it_was_reserved(
        self, two: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """F-E6: only the reservation's day is moved, since the database's clock cannot be."""
        yesterday = datetime.now(UTC).date() - timedelta(days=1)

        def before_midnight(*arguments: Any, **named: Any) -> Admission:
            return replace(admit(*arguments, **named), day=yesterday)

        monkeypatch.setattr(ledger, "admit", before_midnight)
        two.ask()
        spent = {row["day"]: float(row["cost_usd"]) for row in two.rows("model_days")}
        assert spent.pop(yesterday) == 0
        assert min(spent.values()) > 10

    def test_alone_it_is_an_error_that_may_pass(self, two: Chain) -> None:
        """F-E6"""
        two.given["llm_providers"] = "ollama:m"
        self.spend(two, 11)
        with pytest.raises(ModelRateLimited, match="budget") as raised:
            two.ask(last=True)
        assert type(raised.value) is ModelRateLimited

    def test_a_useless_answer_was_paid_for(self, two: Chain) -> None:
        two.given["llm_providers"] = "ollama:m"
        two.act(NONSENSE)
        with pytest.raises(ModelOutputInvalid):
            two.ask()
        [day] = two.rows("model_days")
        assert float(day["cost_usd"]) > 10

    def test_a_call_that_was_turned_away_was_not(self, two: Chain) -> None:
        two.given["llm_providers"] = "ollama:m"
        two.act(busy("0"))
        with pytest.raises(ModelRateLimited):
            two.ask()
        [day] = two.rows("model_days")
        assert float(day["cost_usd"]) == 0

    def test_an_unknown_price_counts_as_nothing_and_is_said(
        self, two: Chain, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """F-E6"""
        logged = StringIO()
        monkeypatch.setattr(log.registered_handler, "stream", logged)
        two.given |= {"llm_prices": "", "llm_providers": "openai:never-heard-of"}
        assert two.ask().cost_usd is None
        [day] = two.rows("model_days")
        assert float(day["cost_usd"]) == 0
        assert '"model":"openai:never-heard-of"' in logged.getvalue()


class TestRetryAfter:
    @pytest.fixture(autouse=True)
    def _stopped(self, clock: StoppedClock) -> None:
        self.clock = clock

    def turned_away(self, chain: Chain, seconds: str) -> float:
        """How long the model is now left alone."""
        chain.act(busy(seconds))
        with pytest.raises(ModelRateLimited):
            chain.ask()
        return self.clock.seconds_until("not_before", "model_gates")

    def test_a_model_is_left_alone_as_long_as_it_asks(self, two: Chain, database: str) -> None:
        """F-E6"""
        assert self.turned_away(two, "30") == 30
        with pytest.raises(ModelRateLimited):
            two.ask(environment=1)
        assert two.asked == (1, 0)
        assert two.ask(last=True).provider == "openai"

    def test_but_not_for_a_day(self, two: Chain) -> None:
        assert self.turned_away(two, "86400") == 300

    def test_a_short_wait_is_waited(self, two: Chain, slept: list[float]) -> None:
        """F-E6"""
        self.turned_away(two, "1")
        with pytest.raises(ModelRateLimited):
            two.ask()
        assert slept == [0, 1]
        assert two.asked == (2, 0)


def test_the_whole_chain_ends_before_its_function() -> None:
    """F-D12"""
    assert chain_module.CHAIN_SECONDS <= 50
