"""Which tokens of a text name one thing among others of its kind."""

import pytest

from deskhand.similarity.identifiers import identifiers


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Invoice 20311 is wrong.", {"20311"}),
        ("on PC-1234, or (srv-12)!", {"pc-1234", "srv-12"}),
        ("personnel number #4711", {"4711"}),
        ("error 0x80070057 at 10.0.0.5", {"0x80070057", "10.0.0.5"}),
        ("192.168.100.200", {"192.168.100.200"}),
        ("INV_20 INV/21", {"inv_20", "inv/21"}),
        ("发票20311错误", {"20311"}),
    ],
)
def test_what_has_letters_and_digits_or_many_digits_is_a_name(text: str, found: set[str]) -> None:
    assert identifiers(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "nothing at all",
        "for 5 minutes, 5min, 30s, 1.5h, 3 days",
        "at 9:30, 09:30:15, 10am, 9.30pm",
        "on 2026-11-26, 26.11.2026, 26.11., in 2026, at 2026-11-26T10:00:00Z",
        "500GB of 2TB, 64bit, 100Mbps, 50%, 1.200 EUR, 12,50",
        "floor 3, the 2nd, room 101, 3x",
    ],
)
def test_dates_times_and_amounts_name_nothing(text: str) -> None:
    assert identifiers(text) == frozenset()
