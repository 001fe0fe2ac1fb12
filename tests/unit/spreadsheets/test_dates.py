"""Dates as help desks export them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from deskhand.spreadsheets.dates import Order, date_in, dates_of


@pytest.mark.parametrize(
    ("text", "order", "instant"),
    [
        ("2024-05-11 15:26", None, "2024-05-11T15:26"),
        ("2024-05-11T15:26:07.123Z", None, "2024-05-11T15:26:07"),
        ("2024-05-11 15:26:07+02:00", None, "2024-05-11T13:26:07"),
        ("2024/05/11", None, "2024-05-11T00:00"),
        ("11/May/24 03:26 PM", None, "2024-05-11T15:26"),
        ("11/Mai/24 12:26 AM", None, "2024-05-11T00:26"),
        ("3 Dez. 2024 08:00", None, "2024-12-03T08:00"),
        ("May 11, 2024 3:26 PM", None, "2024-05-11T15:26"),
        ("6/21/2025 16:14", None, "2025-06-21T16:14"),
        ("21-06-2025 16:14:59", None, "2025-06-21T16:14:59"),
        ("1/2/2025", "day", "2025-02-01T00:00"),
        ("1/2/2025", "month", "2025-01-02T00:00"),
        ("01.02.2025 08:30", "day", "2025-02-01T08:30"),
        ("5/5/2025", None, "2025-05-05T00:00"),
    ],
)
def test_each_form_is_read(text: str, order: Order | None, instant: str) -> None:
    """F-J7"""
    assert date_in(text, order, UTC) == datetime.fromisoformat(instant).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["", "soon", "2024-13-01", "2024-02-30", "31/31/2024", "11/Foo/24", "1" * 100, "0/0/00"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert date_in(text, "day", UTC) is None


def test_a_date_without_a_zone_is_of_the_given_one() -> None:
    berlin = ZoneInfo("Europe/Berlin")
    assert date_in("2026-07-01 10:00", None, berlin) == datetime(2026, 7, 1, 8, tzinfo=UTC)
    assert date_in(datetime(2026, 1, 1, 10), None, berlin) == datetime(2026, 1, 1, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("values", "form", "order", "evidence", "asks"),
    [
        (["1/2/2024", "23/5/2024"], "day first", "day", "23/5/2024", False),
        (["1/2/2024", "5/23/2024"], "month first", "month", "5/23/2024", False),
        (["1/2/2024", "3/4/2024"], "day or month first", None, "1/2/2024", True),
        (["1/1/2024", "4/4/2024"], "day or month first", None, "1/1/2024", False),
        (["23/5/2024", "5/23/2024"], "mixed", None,
         "23/5/2024 and 5/23/2024 contradict each other", True),
        (["01.02.2024"], "day first", "day", "01.02.2024 has dots", False),
        (["2024-05-01"], "year-month-day", None, "2024-05-01", False),
        (["11/May/24 03:26 PM"], "with the month's name", None, "11/May/24 03:26 PM", False),
        ([datetime(2024, 1, 2)], "spreadsheet date", None, "", False),
        (["soon"], "none", None, "", False),
    ],
)  # fmt: skip
def test_day_and_month_are_told_apart_by_evidence(
    values: list[str | datetime], form: str, order: str | None, evidence: str, asks: bool
) -> None:
    """F-J7"""
    found = dates_of(values)
    assert (found.form, found.order, found.evidence, found.asks) == (form, order, evidence, asks)


def test_what_is_given_decides_only_what_is_open() -> None:
    assert dates_of(["1/2/2024"], "month").order == "month"
    assert dates_of(["23/2/2024"], "month").order == "day"
