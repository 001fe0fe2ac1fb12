"""Which steps a run did without."""

from typing import Any

import pytest

from deskhand.degradation import degraded

CLASSIFIED: dict[str, Any] = {"validate_ticket": {}, "classify": {}}
ALONE = {"duplicate": False}
REPEATS = {"duplicate": True}


@pytest.mark.parametrize(
    ("done", "missing"),
    [
        ({**CLASSIFIED, "detect_duplicates": ALONE, "research": {}}, []),
        ({**CLASSIFIED, "detect_duplicates": ALONE}, ["research"]),
        ({**CLASSIFIED, "research": {}}, ["detect_duplicates"]),
        (CLASSIFIED, ["detect_duplicates", "research"]),
        ({**CLASSIFIED, "detect_duplicates": REPEATS, "research": {}}, ["link_duplicate"]),
        ({"detect_duplicates": REPEATS, "link_duplicate": {"inherited": True}}, []),
        ({"detect_duplicates": REPEATS, "link_duplicate": {"inherited": False}}, ["research"]),
    ],
)
def test_what_was_passed_over_is_named(done: dict[str, Any], missing: list[str]) -> None:
    """F-D10"""
    assert degraded(done) == missing
