"""How much of the numbers of a set that is not our own is found, however it is introduced."""

import pytest

from tests.unit.safety.personal_data.marked import Number, world
from tests.unit.safety.personal_data.recall import LEADS, recall


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
