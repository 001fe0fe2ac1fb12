"""A model that mostly fails is left alone, by every function, until one call finds it well."""

import pytest

from deskhand.errors import ModelOutputInvalid, ModelRateLimited, ModelRefused, ModelUnavailable
from deskhand.store.connection import open_connection
from tests.wire.models.conftest import BLUE, DOWN, FORBIDDEN, NONSENSE, Chain
from tests.wire.models.faults import busy
from tests.wire.models.model_server import Act

CALLS = 4


@pytest.fixture
def failing(chain: Chain) -> Chain:
    """A chain whose breaker has just opened."""
    chain.given |= {"llm_breaker_calls": CALLS, "llm_providers": "ollama:m,openai:n"}
    fail(chain, DOWN, ModelUnavailable)
    return chain


def fail(chain: Chain, act: Act, error: type[Exception], times: int = CALLS) -> None:
    chain.act(act)
    for number in range(times):
        with pytest.raises(error):
            chain.ask(f"question {number}")


def pass_time(chain: Chain, seconds: int) -> None:
    chain.conn.execute(
        "UPDATE model_gates SET opened_at = opened_at - make_interval(secs => %(seconds)s)",
        {"seconds": seconds},
    )


def test_open_it_goes_to_the_next_provider_without_a_retry(failing: Chain) -> None:
    """F-E4 F-E5"""
    completion = failing.ask(last=False)
    assert completion.provider == "openai"
    assert completion.failures == ("ollama: ModelUnavailable, not asked",)
    assert failing.asked == (CALLS, 1)


def test_open_it_is_open_for_all_functions(failing: Chain, database: str) -> None:
    """F-E5"""
    with open_connection(database) as other:
        completion = failing.ask(conn=other, environment=1)
    assert completion.provider == "openai"
    assert failing.asked == (CALLS, 1)


def test_without_another_provider_the_error_has_its_usual_name(failing: Chain) -> None:
    """F-E5: the state machine matches the class's own name, so no subclass will do."""
    failing.given["llm_providers"] = "ollama:m"
    for last in (False, True):
        with pytest.raises(ModelUnavailable) as raised:
            failing.ask(last=last)
        assert type(raised.value) is ModelUnavailable
    assert failing.asked == (CALLS, 0)


def test_one_good_call_after_the_wait_closes_it(failing: Chain) -> None:
    """F-E5"""
    failing.act(BLUE)
    pass_time(failing, 29)
    assert failing.ask("a").provider == "openai"
    pass_time(failing, 1)
    assert failing.ask("b").provider == "ollama"
    assert failing.ask("c").provider == "ollama"


def test_one_bad_call_after_the_wait_begins_it_anew(failing: Chain) -> None:
    """F-E5"""
    pass_time(failing, 30)
    with pytest.raises(ModelUnavailable):
        failing.ask()
    assert failing.asked == (CALLS + 1, 0)
    assert failing.ask().provider == "openai"
    assert failing.asked == (CALLS + 1, 1)


def test_its_length_is_a_setting(failing: Chain) -> None:
    """F-E9"""
    failing.given["llm_breaker_open_seconds"] = 5
    pass_time(failing, 5)
    failing.act(BLUE)
    assert failing.ask().provider == "ollama"


@pytest.mark.parametrize(
    ("act", "error"),
    [(FORBIDDEN, ModelRefused), (NONSENSE, ModelOutputInvalid)],
    ids=["refused", "nonsense"],
)
def test_a_model_that_answers_is_not_away(chain: Chain, act: Act, error: type[Exception]) -> None:
    """F-E5"""
    chain.given["llm_breaker_calls"] = CALLS
    fail(chain, act, error, times=CALLS + 2)
    chain.act(BLUE)
    assert chain.ask().provider == "ollama"


def test_a_refused_probe_closes_it(failing: Chain) -> None:
    pass_time(failing, 30)
    failing.act(FORBIDDEN)
    assert failing.ask().provider == "openai"
    failing.act(BLUE)
    assert failing.ask("again").provider == "ollama"


def test_a_model_that_is_always_busy_is_left_alone(chain: Chain) -> None:
    """F-E5"""
    chain.given["llm_breaker_calls"] = CALLS
    fail(chain, busy("0"), ModelRateLimited)
    with pytest.raises(ModelUnavailable):
        chain.ask()
