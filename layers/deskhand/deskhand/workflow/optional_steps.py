"""Steps that a run can do without: people get the ticket all the same, and are told."""

from collections.abc import Mapping
from typing import Any

# Their failure leads on to the next state, not to RecordFailure: a contract test compares.
DISPENSABLE = (
    "detect_duplicates",
    "link_duplicate",
    "extract_entities",
    "research",
    "draft_reply",
    "review_reply",
)
# Of these, the ones at work beside Classify. The run's present step is Classify meanwhile: the only
# one of the three whose failure ends the run.
BESIDE = ("extract_entities", "research")


def degraded(done: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The steps that failed and were passed over, from the verdicts of those that were done."""
    wanted = {"detect_duplicates"}
    if done.get("detect_duplicates", {}).get("duplicate"):
        wanted.add("link_duplicate")
    if not done.get("link_duplicate", {}).get("inherited"):
        wanted |= {"extract_entities", "research", "draft_reply"}
    if "draft_reply" in done:
        wanted.add("review_reply")
    missing = wanted - done.keys() | _of_a_revision(done)
    return [step for step in DISPENSABLE if step in missing]


def _of_a_revision(done: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """What was not done of the draft's last revision; verdicts are those of the last one."""
    if not {"draft_reply", "review_reply"} <= done.keys():
        return set()
    drafted, due = done["draft_reply"]["revision"], done["review_reply"]["revision"]
    if drafted < due:
        return {"draft_reply"}
    reviewed = due - int(done["review_reply"]["revise"])
    return {"review_reply"} if reviewed < drafted else set()
