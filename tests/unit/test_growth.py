"""What tests assert about growth: linear work passes, work that explodes does not."""

import re

import pytest

from tests.growth import assert_linear


def test_linear_work_passes() -> None:
    assert_linear(lambda size: re.sub("a", "b", "a" * size), 100_000)


def test_work_without_growth_passes() -> None:
    assert_linear(lambda _: sum(range(1000)), 100_000)


def test_quadratic_work_fails() -> None:
    """A pattern that looks for its end from each of its starts."""
    with pytest.raises(pytest.fail.Exception, match="four times the size"):
        assert_linear(lambda size: re.search(r"a+b", "a" * size), 4_000)
