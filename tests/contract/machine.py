"""The definitions of the state machines, read as plain values."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MACHINES: dict[str, Any] = {
    path.name.removesuffix(".asl.json"): json.loads(path.read_text())
    for path in sorted(Path("statemachine").glob("*.asl.json"))
}
MACHINE = MACHINES["triage"]


def scopes(machine: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The machine and every branch or iteration inside it: each a set of states that refer to each
    other.
    """
    yield machine
    for state in machine["States"].values():
        within = [state["ItemProcessor"]] if "ItemProcessor" in state else []
        for branch in state.get("Branches", within):
            yield from scopes(branch)


def tasks(machine: dict[str, Any]) -> dict[str, Any]:
    """The tasks of a machine, by name."""
    return {
        name: state
        for scope in scopes(machine)
        for name, state in scope["States"].items()
        if state["Type"] == "Task"
    }


TASKS = tasks(MACHINE)
