"""Optional steps: when one fails, people still receive the ticket, with the missing step named."""

from collections.abc import Mapping
from typing import Any

from deskhand.store.workflow import STEPS, Step

_OPTIONAL = tuple(step for step in STEPS if step.optional)
_OPTIONAL_NAMES = frozenset(step.name for step in _OPTIONAL)


def missing_steps(done: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The optional steps that failed, derived from the verdicts of the completed steps."""
    redone = _of_a_revision(done)
    return [
        step.name
        for step in _OPTIONAL
        if step.name in redone or (step.name not in done and _is_wanted(step, done))
    ]


def _is_wanted(step: Step, done: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether the run should have done the step: steps that depend on a failed optional step are
    not started."""
    if step.after in _OPTIONAL_NAMES - done.keys():
        return False
    match step.tickets:
        case "duplicates":
            return bool(done.get("detect_duplicates", {}).get("duplicate"))
        case "triaged":
            return not done.get("link_duplicate", {}).get("inherited")
        case _:
            return True


def _of_a_revision(done: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The steps missing from the draft's last revision; a verdict belongs to the last revision
    done."""
    if not {"draft_reply", "review_reply"} <= done.keys():
        return set()
    drafted, due = done["draft_reply"]["revision"], done["review_reply"]["revision"]
    if drafted < due:
        return {"draft_reply"}
    reviewed = due - int(done["review_reply"]["revise"])
    return {"review_reply"} if reviewed < drafted else set()
