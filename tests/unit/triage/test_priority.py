"""Priority: the catalog's default, one level up when the text says so, and why."""

import pytest

from deskhand.catalog.model import Priority, RequestType
from deskhand.ticket import LEVELS
from deskhand.triage.priority import IMPACTS, MATRIX, Opinion, PriorityDecision, decide, recalculate


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


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Everyone here is affected.", "Everyone"),
        ("Mail is gone for ALL  users", "ALL  users"),
        ("The whole department waits", "whole department"),
        ("It hits 40 employees", "40 employees"),
        ("5 of our remote colleagues cannot work", "5 of our remote colleagues"),
    ],
)
def test_who_is_affected_raises_one_level_and_is_named(text: str, words: str) -> None:
    decision = decide(request("low"), text)
    assert decision.priority == "medium"
    assert decision.inputs[-1] == {
        "name": "affected_users", "priority": "medium", "phrases": [words]
    }  # fmt: skip


@pytest.mark.parametrize(
    "text", ["1,200 users", "10.000 users", "1 000 users", "150000 users", "200+ customers"]
)
def test_large_numbers_are_many_however_they_are_written(text: str) -> None:
    assert decide(request("low"), f"About {text} cannot log in.").priority == "medium"


@pytest.mark.parametrize(
    "text",
    [
        "Nobody else has this problem",
        "No one hurries me",
        "Not everyone is affected, just me",
        "I am 1 of 200 users",
        "There is no smoke and no burning smell",
    ],
)
def test_what_is_denied_does_not_count(text: str) -> None:
    assert decide(request("low", "smoke", "burning smell"), text).inputs == [
        {"name": "catalog_default", "priority": "low"}
    ]


@pytest.mark.parametrize("text", ["Nobody can log in", "No one gets mail", "no smoke? Smoke!"])
def test_what_is_said_counts_all_the_same(text: str) -> None:
    assert decide(request("low", "smoke"), text).priority == "medium"


@pytest.mark.parametrize(
    "text", ["4 users", "version 7.40 users", "order 12345678 people", "the team", "all is well"]
)
def test_a_few_people_are_not_many(text: str) -> None:
    assert decide(request("low"), text).priority == "low"


def test_all_that_a_requester_says_raises_one_level_at_most() -> None:
    """F-E10"""
    text = "SMOKE! Critical, P1, urgent: everybody, all users, 9000 customers, whole company."
    decision = decide(request("low", "smoke"), text)
    assert decision.priority == "medium"
    assert [one["name"] for one in decision.inputs] == [
        "catalog_default", "escalate_on", "affected_users"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("default", "cluster", "priority"),
    [
        ("low", 4, "low"),
        ("low", 5, "medium"),
        ("low", 25, "high"),
        ("medium", 25, "critical"),
        ("high", 5, "critical"),
        ("critical", 25, "critical"),
    ],
)
def test_what_we_count_ourselves_goes_as_far_as_the_matrix(
    default: Priority, cluster: int, priority: Priority
) -> None:
    decision = decide(request(default), "It is down.", cluster=cluster)
    assert decision.priority == priority
    if cluster >= 5:
        assert decision.inputs[-1]["name"] == "duplicates_cluster"
        assert decision.inputs[-1]["tickets"] == cluster


@pytest.mark.parametrize("default", [None, *LEVELS])
@pytest.mark.parametrize("text", ["It is down.", "SMOKE!", "All users, SMOKE!"])
def test_counted_afterwards_is_as_counted_before(default: Priority | None, text: str) -> None:
    """Whatever the number was in between."""
    asked = request(default, "smoke")
    for first in (1, 4, 5, 24):
        for later in (1, 5, 24, 25, 1000):
            grown = recalculate(decide(asked, text, cluster=first), later)
            whole = decide(asked, text, cluster=max(first, later))
            assert grown.priority == whole.priority
            assert [one["name"] for one in grown.inputs] == [one["name"] for one in whole.inputs]


def test_what_escalation_raised_is_not_lowered_by_a_count() -> None:
    inputs = [{"name": "default", "priority": "low"}, {"name": "escalation", "priority": "high"}]
    before = PriorityDecision(priority="high", inputs=inputs)
    after = recalculate(before, 5)
    assert after.priority == "high"
    assert after.inputs[-1]["name"] == "duplicates_cluster"
    assert recalculate(before, 4) is before
    human = PriorityDecision(priority="low", inputs=[{"name": "human", "priority": "low"}])
    assert recalculate(human, 25) is human


def test_a_model_s_opinion_is_stated_and_need_not_count() -> None:
    """F-E10"""
    decision = decide(request("medium"), "It is down.", opinion=Opinion(heeded=False))
    assert decision.priority == "medium"
    assert decision.inputs[-1] == {
        "name": "model_opinion", "priority": "medium", "urgency": "higher", "heeded": False
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "priority"),
    [("It is down.", "medium"), ("SMOKE! All users!", "medium")],
)
def test_a_heeded_opinion_raises_no_further_than_words_do(text: str, priority: Priority) -> None:
    """F-E10"""
    decision = decide(request("low", "smoke"), text, opinion=Opinion(heeded=True))
    assert decision.priority == priority
    assert decision.inputs[-1]["name"] == "model_opinion"
    assert decision.inputs[-1]["priority"] == priority
    top = decide(request("critical"), text, opinion=Opinion(heeded=True))
    assert top.priority == "critical"


def test_more_is_never_less() -> None:
    """Neither more urgency nor more impact ever lowers a priority."""
    rank = {level: number for number, level in enumerate(LEVELS)}
    rows = [[rank[cell] for cell in MATRIX[impact]] for impact in IMPACTS]
    assert rows[0] == [0, 1, 2, 3]
    for row in rows:
        assert row == sorted(row)
    for column in zip(*rows, strict=True):
        assert list(column) == sorted(column)
