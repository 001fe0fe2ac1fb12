"""How much of the numbers of a set that is not our own is found, however it is introduced."""

import re

import pytest

from deskhand.safety.personal_data.finding import find
from tests.unit.safety.personal_data.marked import Number, world

# What a sentence says before a number, from most to least; some countries' numbers have four
# digits, which without a word for them are any number.
LEADS = {
    "label": ("Phone: {}", 0.98),
    "called": ("Please call me at {} before noon.", 0.93),
    "bare": ("My laptop is dead. {} Thanks, Ann", 0.73),
}


def found_whole(lead: str, number: str) -> bool:
    """True when every digit of the number is found."""
    text = lead.format(number)
    start = text.index(number)
    covered = {place for found in find(text) for place in range(found.start, found.end)}
    return {start + digit.start() for digit in re.finditer(r"\d", number)} <= covered


def recall(lead: str, numbers: list[str]) -> float:
    return sum(found_whole(lead, number) for number in numbers) / len(numbers)


def test_the_set_has_every_country() -> None:
    assert len({number.country for number in world()}) > 240


@pytest.mark.parametrize("lead", [lead for lead, _ in LEADS.values()])
def test_every_international_number_is_found(lead: str) -> None:
    """F-E11"""
    assert recall(lead, [number.international for number in world()]) == 1


@pytest.mark.parametrize(("lead", "least"), LEADS.values(), ids=LEADS.keys())
def test_most_national_numbers_are_found(lead: str, least: float) -> None:
    """F-E11"""
    assert recall(lead, [number.national for number in world()]) >= least


LARGE = (
    "US GB DE FR ES IT NL PL CZ PT BR MX IN CN JP AU SE NO DK CH AT TR GR FI BE IE CA ZA SG HU RO"
    " UA RU KR IL AR CO CL"
)


@pytest.mark.parametrize("lead", [lead for lead, _ in LEADS.values()])
def test_nearly_all_of_large_countries_are(lead: str) -> None:
    """F-E11"""
    large: list[Number] = [number for number in world() if number.country in LARGE.split()]
    assert recall(lead, [number.national for number in large]) >= 0.98
