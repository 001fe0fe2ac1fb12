"""`make verify` as the person at the keyboard sees it."""

from io import StringIO
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from embedded import verifying
from embedded.functions import DeployedStack

HELD = {"invariant": "created_once", "promise": "Every ticket was created once"}
BROKEN = {
    "invariant": "versions_count",
    "promise": "Versions count",
    "count": 25,
    "ids": ["7", "8"],
}
COUNTS = {"tickets": 3, "unsent": 0}


def report(*broken: dict[str, Any]) -> dict[str, Any]:
    return {"checked": 1 + len(broken), "broken": list(broken), "held": [HELD], "counts": COUNTS}


def text(said: dict[str, Any]) -> str:
    shown = StringIO()
    Console(file=shown, width=120).print(verifying.table(said))
    return shown.getvalue()


def test_every_invariant_is_a_row_and_the_broken_ones_end_the_table() -> None:
    """F-C2"""
    shown = text(report(BROKEN))
    assert "2 invariants, 1 broken" in shown
    assert shown.index("created_once") < shown.index("versions_count")
    assert "25" in shown
    assert "7, 8, …" in shown
    assert "tickets 3, unsent 0" in shown


@pytest.mark.parametrize(("broken", "status"), [((), 0), ((BROKEN,), 1)])
def test_the_exit_status_says_whether_one_is_broken(
    broken: tuple[dict[str, Any], ...], status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def invoke(_: DeployedStack, *call: object, seconds: int) -> dict[str, Any]:
        asked.append(call)
        return report(*broken)

    monkeypatch.setattr(DeployedStack, "invoke", invoke)
    running: Any = SimpleNamespace(emulator=SimpleNamespace(url="http://127.0.0.1:9"))
    assert verifying.verify(running, at_rest=True) == status
    assert asked == [("VerifyFunction", {"at_rest": True})]
