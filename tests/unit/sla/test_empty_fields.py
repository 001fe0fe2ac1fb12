"""Filling in the SLA of a request from elsewhere."""

import pytest

from deskhand.catalog.sla import Promise
from deskhand.sla.empty_fields import fill

PROMISE = Promise(unit="hours", value=8)


@pytest.mark.parametrize(
    ("unit", "value", "filled"),
    [
        (None, None, ("hours", 8)),
        ("", None, ("hours", 8)),
        ("days", None, ("days", 8)),
        (None, 3, ("hours", 3)),
        (None, 0, ("hours", 0)),
        ("minutes", 0, ("minutes", 0)),
        ("fortnights", 1, ("fortnights", 1)),
    ],
)
def test_each_on_its_own(unit: str | None, value: float | None, filled: tuple[str, float]) -> None:
    """F-I5: what is there is never overwritten, and 0 is there."""
    assert fill(unit, value, PROMISE) == filled


def test_a_promise_of_0_is_filled_in() -> None:
    """F-I5"""
    assert fill(None, None, Promise(unit="hours", value=0)) == ("hours", 0)
    assert fill("days", None, None) == ("days", None)
