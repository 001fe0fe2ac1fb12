"""Personal data is found in a test set of our own, and nothing is taken for it that is none."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskhand.safety.personal_data.finding import find
from tests.unit.safety.personal_data.marked import Line, marked_lines, plain_lines

LINES = marked_lines()


def covered(line: Line) -> list[bool]:
    """For each character, whether something was found there."""
    cover = [False] * len(line.text)
    for found in find(line.text):
        cover[found.start : found.end] = [True] * (found.end - found.start)
    return cover


def test_the_sets_are_large_enough_to_mean_something() -> None:
    kinds = Counter(kind for line in LINES for kind, _, _ in line.marks)
    assert len(LINES) >= 300
    assert len(plain_lines()) >= 120
    assert min(kinds[kind] for kind in ("EMAIL", "PHONE", "CARD", "IBAN")) >= 35


@pytest.mark.parametrize("line", LINES, ids=[line.text for line in LINES])
def test_every_marked_character_is_found_and_nothing_else(line: Line) -> None:
    """F-E11"""
    assert [(f.kind, line.text[f.start : f.end]) for f in find(line.text)] == [
        (kind, line.text[start:end]) for kind, start, end in line.marks
    ]


@pytest.mark.parametrize("text", plain_lines())
def test_numbers_that_are_no_personal_data_stay(text: str) -> None:
    assert find(text) == []


def test_it_is_found_in_the_middle_of_a_ticket() -> None:
    """F-E11"""
    around = plain_lines()
    shuffled = random.Random(1)  # noqa: S311 - the same order every time
    for line in LINES:
        before, after = shuffled.sample(around, 2)
        text = f"{before}\n{line.text}\n{after}"
        offset = len(before) + 1
        found = {(f.start - offset, f.end - offset) for f in find(text)}
        assert {(start, end) for _, start, end in line.marks} <= found, text


@given(st.text())
def test_any_text_has_places_in_order(text: str) -> None:
    places = [place for found in find(text) for place in (found.start, found.end)]
    assert places == sorted(places)
    assert all(0 <= place <= len(text) for place in places)
