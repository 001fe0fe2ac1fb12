"""`make smoke` on the real stack."""

import pytest

from embedded.smoke import smoke
from tests.e2e.conftest import INSTANCE, Stack


def test_the_smoke_test_passes_and_leaves_nothing(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    """F-N4"""
    smoke(INSTANCE)
    told = capsys.readouterr()
    assert "triaged after" in told.out + told.err
    left = "SELECT FROM tickets WHERE subject LIKE 'Smoke test %%'"
    assert stack.sql(left) == []
