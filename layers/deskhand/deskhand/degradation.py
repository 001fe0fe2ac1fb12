"""Steps that a run can do without: people get the ticket all the same, and are told."""

from collections.abc import Mapping
from typing import Any

# Their failure leads on to the next state, not to RecordFailure: a contract test compares.
DISPENSABLE = ("detect_duplicates", "link_duplicate", "research")


def degraded(done: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The steps that failed and were passed over, from the verdicts of those that were done."""
    wanted = {"detect_duplicates"}
    if done.get("detect_duplicates", {}).get("duplicate"):
        wanted.add("link_duplicate")
    if not done.get("link_duplicate", {}).get("inherited"):
        wanted.add("research")
    return [step for step in DISPENSABLE if step in wanted - done.keys()]
