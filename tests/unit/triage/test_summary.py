"""The extractive summary: the ticket's own words, what matters of them, never too long."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskhand.ticket import TicketText
from deskhand.triage.summary import summarise


@pytest.mark.parametrize(
    ("subject", "body", "summary"),
    [
        ("VPN drops", "Hello.", "VPN drops"),
        (
            "Screen",
            "Hi team, I need a second screen. Cost centre 4410. Thanks!",
            "I need a second screen.",
        ),
        ("Screen", "Thanks a lot for all that you have done for us here so far, really", "Screen"),
        (
            "VPN drops",
            "VPN drops! It happens at home. The VPN client is new.",
            "The VPN client is new.",
        ),
        ("VPN drops", "The VPN drops.", "VPN drops"),
        ("Printer broken", "I sit in Berlin, floor two.", "I sit in Berlin, floor two."),
        (
            "The scanner in Berlin\u2026",
            "The scanner in Berlin is dead. Restarting it fails.",
            "Restarting it fails.",
        ),
        ("Help", "Hi team,\nthe scanner is broken. Thanks!", "the scanner is broken."),
        (
            "Re:",
            "> old mail about printers\nThe licence expired today.",
            "The licence expired today.",
        ),
        (
            "?",
            'Traceback (most recent call last)\nFile "a.py", line 1\nSaving fails now.',
            "Saving fails now.",
        ),
        ("???", "!!!", "???"),
        ("", "", "(no text)"),
    ],
)
def test_the_first_informative_sentence(subject: str, body: str, summary: str) -> None:
    assert summarise(TicketText(subject, body)) == summary


@given(st.text(), st.text())
def test_it_is_one_short_line(subject: str, body: str) -> None:
    summary = summarise(TicketText(subject, body))
    assert 1 <= len(summary) <= 120
    assert "\n" not in summary
