"""The state machine's definition, read as plain values."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MACHINE = json.loads(Path("statemachine/triage.asl.json").read_text())


def scopes(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The machine and every branch inside it: each a set of states that refer to each other."""
    yield machine
    for state in machine["States"].values():
        for branch in state.get("Branches", []):
            yield from scopes(branch)


TASKS = {
    name: state
    for scope in scopes(MACHINE)
    for name, state in scope["States"].items()
    if state["Type"] == "Task"
}
