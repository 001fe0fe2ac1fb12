"""Who is affected: what a sentence says of people, and what only looks like it."""

from pathlib import Path

import pytest

from deskhand.catalog.model import RequestType
from deskhand.ticket import TicketText
from deskhand.triage.affected_people import affected_people, number_in
from deskhand.triage.entities import Custom
from deskhand.triage.extract import RULES, extract
from deskhand.triage.priority import decide

LINES = Path(__file__).with_name("affected.txt").read_text(encoding="utf-8").splitlines()
CASES = [line.split("\t", 1) for line in LINES if line and not line.startswith("#")]


@pytest.mark.parametrize(("right", "sentence"), CASES)
def test_who_is_affected(right: str, sentence: str) -> None:
    """F-D5 F-E2"""
    found = affected_people(sentence.replace("\\n", "\n"))
    assert str(found.value if found else "-") == right


def test_half_of_the_sentences_speak_of_nobody() -> None:
    """A rule that always says yes must not look good."""
    nobody = sum(right == "-" for right, _ in CASES)
    assert len(CASES) >= 150
    assert 0.4 <= nobody / len(CASES) <= 0.7


@pytest.mark.parametrize(("right", "sentence"), CASES)
def test_priority_and_entities_agree(right: str, sentence: str) -> None:
    """The catalog's entity of that name is the same, too."""
    text = sentence.replace("\\n", "\n")
    ticket, own = TicketText("Help", text), (Custom("Affected users", "How many cannot work"),)
    entities = extract(RULES, ticket, ticket, own).entities
    value = entities.values["affected_users"]
    assert str(value.value if value else "-") == right
    assert entities.custom == {"Affected users": value}
    assert entities.rejected == []
    inputs = decide(RequestType(name="r"), ticket.text).inputs
    many = right in ("team", "everyone") or (right != "-" and int(right) >= 5)
    assert [each["name"] for each in inputs] == ["default", "affected_users"][: 1 + many]
    if many and value:
        assert inputs[-1]["phrases"] == [value.text]


def test_the_place_is_where_it_stands_in_the_text() -> None:
    text = "Hi,\n\u200bfor \uff14\uff10 users the shop is down."
    found = affected_people(text)
    assert found is not None
    assert text[found.start : found.end] == "\uff14\uff10 users"


@pytest.mark.parametrize(
    ("text", "number"),
    [("1,200 users", 1200), ("1 200 users", 1200), ("Drei Kollegen", 3), ("no", None)],
)
def test_the_first_number_in_a_text(text: str, number: int | None) -> None:
    assert number_in(text) == number


@pytest.mark.parametrize("digits", ["\u00b2\u00b3", "\u00b9", "\u2074\u2070"])
def test_raised_digits_count_nobody(digits: str) -> None:
    """A raised digit is a note or a power: the 23 of a footnote must not make a ticket urgent."""
    text = f"The shop is down for {digits} users."
    assert affected_people(text) is None
    assert [each["name"] for each in decide(RequestType(name="r"), text).inputs] == ["default"]
