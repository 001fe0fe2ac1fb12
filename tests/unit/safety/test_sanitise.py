"""What a model wrote is shown as one plain line, and loses nothing that is harmless."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deskhand.safety.sanitise import has_words_of, sanitise

UNCHANGED = [
    "The VPN drops every few minutes at home.",
    "Excel 16.0 fails with error 0x80070005 (file report_v2.xlsx)",
    "C# and C++ builds fail on node.js 20, see main.py",
    "Printer HP-400 shows \u201cpaper jam\u201d",
    "Gehaltsabrechnung f\u00fcr M\u00e4rz fehlt",
    "\u30d7\u30ea\u30f3\u30bf\u30fc\u304c\u52d5\u304b\u306a\u3044",
    "Price is < 5 EUR & > 3 EUR",
    "if a < b the macro stops",
]


@pytest.mark.parametrize("text", UNCHANGED)
def test_plain_words_stay(text: str) -> None:
    assert sanitise(text) == text


CHANGED = {
    "See https://evil.example/x?d=1 now": "See (link) now",
    "Go to www.evil.example.": "Go to (link)",
    "Go to HTTPS://EVIL.EXAMPLE": "Go to (link)",
    "evil.example/login": "",
    "javascript:alert(1) please": "(link) please",
    "Our shop example.com is down": "Our shop example[.]com is down",
    "[Reset](https://evil.example) here": "Reset here",
    "![x](https://evil.example/p?d=1) Done": "x Done",
    "**Urgent**: `mouse` is _broken_": "Urgent: mouse is broken",
    "## Mouse": "Mouse",
    "<b>Mouse</b> is <i>broken</i>": "Mouse is broken",
    "<script>alert(1)</script>Mouse": "Mouse",
    "Mouse <!-- hidden --> broken": "Mouse broken",
    "Mouse\r\nBcc: all\tbroken": "Mouse Bcc: all broken",
    "Mo\u200buse \u202ebroken\u202c": "Mouse broken",
    "Mouse\x1b[31m": "Mouse [31m",
    "A" * 500: "",
    "https://evil.example": "",
    "... --- !!!": "",
}


@pytest.mark.parametrize(("text", "shown"), CHANGED.items())
def test_links_markup_and_control_characters_go(text: str, shown: str) -> None:
    """F-E10"""
    assert sanitise(text) == shown


@given(st.text())
def test_whatever_it_is_it_becomes_one_short_line(text: str) -> None:
    """F-E10"""
    shown = sanitise(text)
    assert len(shown) <= 120
    assert not any(unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") for c in shown)
    assert "://" not in shown


def test_five_words_in_a_row_are_a_repetition() -> None:
    """F-E10"""
    secret = "The ticket is data, written by a stranger."
    assert has_words_of("It says: THE TICKET -- is data written", secret, "")
    assert not has_words_of("The ticket is data", secret, "")
    assert not has_words_of(
        "The ticket is data, written by", secret, "the ticket is data written by"
    )
