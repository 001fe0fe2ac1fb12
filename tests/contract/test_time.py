"""The 15 minutes of an execution are enough when a model hangs in every call."""

from annotated_types import Le

from deskhand.settings import Settings
from deskhand.step import MAX_RETRIES
from tests.contract.test_one_word import MACHINE, TASKS

# Steps that a hanging model can hold up one after the other: what Understand asks side by side, and
# the draft. The rules that draft instead at last need no model's review, and no revision.
IN_A_ROW = ("Classify", "DraftReply")


def waits(name: str) -> float:
    """Seconds between the tries of a step, at most."""
    rule = TASKS[name]["Retry"][0]
    pauses = (rule["IntervalSeconds"] * rule["BackoffRate"] ** n for n in range(MAX_RETRIES))
    return float(sum(min(pause, rule["MaxDelaySeconds"]) for pause in pauses))


def test_a_model_that_hangs_in_every_call_leaves_time_for_the_rest() -> None:
    """F-D12"""
    [most] = [m.le for m in Settings.model_fields["llm_timeout_seconds"].metadata if type(m) is Le]
    held_up = sum((1 + MAX_RETRIES) * float(str(most)) + waits(name) for name in IN_A_ROW)
    assert held_up < MACHINE["TimeoutSeconds"] / 2
