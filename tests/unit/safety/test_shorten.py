"""Text is cut between words, and what was cut is known again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskhand.intake.submission import IncidentSubmission
from deskhand.safety.shorten import shorten
from deskhand.ticket import CUT, TicketText, begins_with

LONG = "VPN gateway unstable: the whole team in Lisbon loses the tunnel every few minutes since"


@pytest.mark.parametrize(
    ("text", "characters", "short"),
    [
        ("one two three", 13, "one two three"),
        ("one two three", 12, f"one two{CUT}"),
        ("one two three", 8, f"one two{CUT}"),
        ("one  two\nthree", 13, "one two three"),
        ("one two, three", 9, f"one two{CUT}"),
        ("abcdefghij", 5, f"abcd{CUT}"),
    ],
)
def test_it_is_cut_at_a_word(text: str, characters: int, short: str) -> None:
    assert shorten(text, characters) == short


@given(st.text(), st.integers(2, 200))
def test_it_is_never_too_long_and_the_text_begins_so(text: str, characters: int) -> None:
    short = shorten(text, characters)
    assert len(short) <= characters
    assert begins_with(text.lstrip(), short) or len(text) > 4 * len(short) + 100


def test_the_subject_of_an_incident_ends_with_a_word_and_is_told_once() -> None:
    columns = IncidentSubmission(
        description=f"{LONG} Tuesday and nobody can work from home."
    ).columns()
    assert columns["subject"] == f"{LONG} Tuesday and nobody can work{CUT}"
    ticket = TicketText(columns["subject"], columns["body"])
    assert ticket.text == columns["body"]
