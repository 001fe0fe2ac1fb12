"""Ids that sort by time."""

import time
from uuid import RFC_4122

from deskhand.uuid7 import uuid7


def test_the_fields_are_those_of_the_standard() -> None:
    before = time.time_ns() // 1_000_000
    made = uuid7()
    assert (made.version, made.variant) == (7, RFC_4122)
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000


def test_ids_are_distinct_and_in_order() -> None:
    made = []
    for _ in range(1_000):
        made.append(uuid7())
        time.sleep(0)
    assert made == sorted(set(made))
