"""What strangers and models write is read in a time that grows as the text does, and no faster."""

import random
import re

import pytest

from tests.hostile.attacks import Attack, attacks_on
from tests.hostile.growth import outgrown
from tests.hostile.readers import FAMILIES, READERS

# `make bench ONLY=hostile` takes them all.
_SAMPLE = 60


def sample(name: str) -> list[Attack]:
    """What people type, and some of what the reader's own patterns look for."""
    made = [attack for attack in READERS[name].attacks() if attack not in FAMILIES]
    chosen = random.Random(name)  # noqa: S311 - the same ones every time
    return [*FAMILIES, *chosen.sample(made, min(_SAMPLE, len(made)))]


@pytest.mark.parametrize("name", READERS)
def test_four_times_the_text_is_not_much_more_than_four_times_the_work(name: str) -> None:
    """F-N9 F-D5 F-E10 F-E11"""
    read = READERS[name].read
    found = {attack: outgrown(read, attack.text) for attack in sample(name)}
    assert {attack: why for attack, why in found.items() if why} == {}


# A repetition inside another; what may be either of two neighbours; a search from every start.
RUNAWAY = (r"(?:a+)+b", r"(?:\w[ _]{1,2}){4,}\w(?!\w)", r"^\s*x", r"\d+\.\d+z")


@pytest.mark.parametrize("pattern", RUNAWAY)
def test_a_pattern_that_runs_away_is_noticed(pattern: str) -> None:
    """Or the test above would pass whatever happens."""
    compiled = re.compile(pattern, re.MULTILINE)
    attacks = attacks_on(compiled)
    assert any(outgrown(compiled.findall, attack.text) for attack in attacks)
