"""LocalStack can run any number of executions."""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pytest

EXECUTIONS = 150


@pytest.mark.skipif(sys.platform != "linux", reason="mappings are counted in /proc")
def test_threads_of_ended_executions_are_given_back(emulator: Any) -> None:
    machines = emulator.client("stepfunctions")
    branch = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    both = {"Type": "Parallel", "Branches": [branch, branch], "End": True}
    machine = machines.create_state_machine(
        name="threads",
        roleArn=emulator.role,
        definition=json.dumps({"StartAt": "Both", "States": {"Both": both}}),
    )["stateMachineArn"]
    mappings = Path(f"/proc/{emulator.process.pid}/maps")
    before = _count(mappings)
    for _ in range(EXECUTIONS):
        machines.start_execution(stateMachineArn=machine)
    emulator.wait_for(
        partial(machines.list_executions, stateMachineArn=machine, statusFilter="RUNNING"),
        lambda found: not found["executions"],
    )
    # An execution has four threads, each with a stack and a guard page.
    emulator.wait_for(partial(_count, mappings), lambda now: now < before + EXECUTIONS, 30)


def _count(mappings: Path) -> int:
    return len(mappings.read_text().splitlines())
