"""Ids that sort by time."""

import time
from uuid import RFC_4122

import pytest

from deskhand.uuid7 import uuid7


def test_the_fields_are_those_of_the_standard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deskhand.uuid7.time.time_ns", lambda: 1_800_000_000_123_500_000)
    made = uuid7()
    assert (made.version, made.variant) == (7, RFC_4122)
    assert made.int >> 80 == 1_800_000_000_123
    assert made.int >> 64 & 0xFFF == 4096 // 2


def test_ids_are_distinct_and_in_order() -> None:
    made = []
    for _ in range(1_000):
        made.append(uuid7())
        time.sleep(0)
    assert made == sorted(set(made))
