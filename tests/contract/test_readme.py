"""The README says what the code says."""

from itertools import pairwise
from pathlib import Path

from tests.contract.readme import README, TABLES, with_tables


def test_the_tables_are_those_of_the_code() -> None:
    text = TABLES.read_text()
    assert text == with_tables(text), "run: make reference"


def test_it_stays_short() -> None:
    """The drawn workflow does not count: it grows with the workflow, not with the text."""
    before, _, drawn = README.read_text().partition("<!-- workflow -->")
    after = drawn.partition("<!-- /workflow -->")[2]
    assert len((before + after).splitlines()) < 150


def test_every_make_target_it_names_exists() -> None:
    targets = {
        line.split(":")[0] for line in Path("Makefile").read_text().splitlines() if ":" in line
    }
    words = README.read_text().split()
    named = {b for a, b in pairwise(words) if a in ("make", "`make")}
    assert {name.strip("`.,;") for name in named if name.strip("`.,;").isalpha()} <= targets
