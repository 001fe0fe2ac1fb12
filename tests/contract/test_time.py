"""The 15 minutes of an execution are enough when a model hangs, and reconcile ends in time."""

from annotated_types import Le

from deskhand.settings.environment import Settings
from deskhand.workflow.reconcile import WORK_SECONDS
from deskhand.workflow.step import MAX_RETRIES
from tests.contract.machine import MACHINE, TASKS
from tests.contract.template import RESOURCES

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


def test_reconcile_ends_its_work_before_it_is_ended_and_before_its_next_call() -> None:
    """F-C4: the last run may still be asked about, for the seconds a client waits."""
    properties = RESOURCES["ReconcileFunction"]["Properties"]
    [schedule] = [each["Properties"]["Schedule"] for each in properties["Events"].values()]
    assert schedule == "rate(5 minutes)"
    assert WORK_SECONDS + 30 <= properties["Timeout"] < 5 * 60
