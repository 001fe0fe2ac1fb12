"""Which steps a run did without."""

from typing import Any

import pytest

from deskhand.workflow.optional_steps import missing_steps

CLASSIFIED: dict[str, Any] = {"validate_ticket": {}, "classify": {}}
ALONE = {"duplicate": False}
REPEATS = {"duplicate": True}
# What stands between research and the ticket when all goes well.
REPLY: dict[str, Any] = {
    "extract_entities": {},
    "draft_reply": {"revision": 0},
    "review_reply": {"revise": False, "revision": 0},
}
REFUSED = {"revise": True, "revision": 1}
WHOLE: dict[str, Any] = {**CLASSIFIED, **REPLY, "detect_duplicates": ALONE, "research": {}}


def without(*steps: str) -> dict[str, Any]:
    """A run that has done all but these."""
    return {name: verdict for name, verdict in WHOLE.items() if name not in steps}


@pytest.mark.parametrize(
    ("done", "missing"),
    [
        (WHOLE, []),
        (without("research"), ["research"]),
        (without("detect_duplicates"), ["detect_duplicates"]),
        (without("extract_entities"), ["extract_entities"]),
        (without("draft_reply", "review_reply"), ["draft_reply"]),
        (without("review_reply"), ["review_reply"]),
        (
            CLASSIFIED,
            ["detect_duplicates", "extract_entities", "research", "draft_reply"],
        ),
        ({**WHOLE, "detect_duplicates": REPEATS}, ["link_duplicate"]),
        ({"detect_duplicates": REPEATS, "link_duplicate": {"inherited": True}}, []),
        (
            {"detect_duplicates": REPEATS, "link_duplicate": {"inherited": False}},
            ["extract_entities", "research", "draft_reply"],
        ),
    ],
)
def test_what_was_passed_over_is_named(done: dict[str, Any], missing: list[str]) -> None:
    """F-D10"""
    assert missing_steps(done) == missing


@pytest.mark.parametrize(
    ("drafted", "review", "missing"),
    [
        (0, REFUSED, ["draft_reply"]),
        (1, REFUSED, ["review_reply"]),
        (1, {"revise": False, "revision": 1}, []),
    ],
    ids=["not drafted anew", "not reviewed anew", "revised"],
)
def test_a_revision_counts_too(drafted: int, review: dict[str, Any], missing: list[str]) -> None:
    """F-D8 F-D10"""
    assert missing_steps(
        {**WHOLE, "draft_reply": {"revision": drafted}, "review_reply": review}
    ) == (missing)
