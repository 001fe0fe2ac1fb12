"""Priority: the catalog's default, one level up when the text says so, and why."""

import pytest

from deskhand.catalog import Priority, RequestType
from deskhand.priority import decide


def request(default: Priority | None, *phrases: str) -> RequestType:
    return RequestType(name="r", default_priority=default, escalate_on=phrases)


def test_the_default_is_the_catalogs() -> None:
    decision = decide(request("high", "smoke"), "The fan is loud.")
    assert decision.priority == "high"
    assert decision.inputs == [{"name": "catalog_default", "priority": "high"}]


def test_without_a_default_it_is_medium() -> None:
    decision = decide(request(None), "anything")
    assert decision.inputs == [{"name": "default", "priority": "medium"}]


@pytest.mark.parametrize(
    "text", ["There is SMOKE.", "smoke!", "whole\n office is affected", "Smoke in the whole office"]
)
def test_a_phrase_raises_one_level_and_is_named(text: str) -> None:
    decision = decide(request("medium", "smoke", "Whole office"), text)
    assert decision.priority == "high"
    assert decision.inputs[1]["name"] == "escalate_on"
    assert set(decision.inputs[1]["phrases"]) <= {"smoke", "Whole office"}


@pytest.mark.parametrize("text", ["smokescreen", "holesmoke", "", "sm oke"])
def test_only_whole_words_count(text: str) -> None:
    assert decide(request("medium", "smoke"), text).priority == "medium"


def test_nothing_is_above_critical() -> None:
    assert decide(request("critical", "smoke"), "smoke").priority == "critical"
