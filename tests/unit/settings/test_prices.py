"""What a model costs: our list, then the operator's word; unknown is not free."""

import pytest

from deskhand.settings.prices import PRICES, Price, parse, price_of


def test_the_operators_word_counts() -> None:
    """F-E8"""
    own = parse("gpt-5-mini=1/2, us.vendor.m-v1:0=0.5/2.25 ,vendor/m=0/0")
    assert own == {
        "gpt-5-mini": Price(1, 2),
        "us.vendor.m-v1:0": Price(0.5, 2.25),
        "vendor/m": Price(0, 0),
    }
    assert price_of("openai", "gpt-5-mini", own) == Price(1, 2)
    assert price_of("openai", "vendor/m", own) == Price(0, 0)


@pytest.mark.parametrize(
    ("provider", "model", "listed"),
    [
        ("openai", "gpt-4o-mini", "gpt-4o-mini"),
        ("openai", "gpt-4o-mini-2024-07-18", "gpt-4o-mini"),
        ("bedrock", "us.amazon.nova-lite-v1:0", "amazon.nova-lite-v1:0"),
    ],
)
def test_a_variant_costs_what_the_model_does(provider: str, model: str, listed: str) -> None:
    assert price_of(provider, model, {}) == PRICES[listed]


def test_unknown_is_not_free_but_ones_own_machine_is() -> None:
    """F-E8"""
    assert price_of("openai", "gpt-4o-mini-but-better", {}) is None
    assert price_of("ollama", "llama3", {}) == price_of("offline", "x", {}) == Price(0, 0)


def test_a_price_is_for_a_million() -> None:
    assert Price(0.25, 2).of(1_000_000, 500_000) == pytest.approx(1.25)
