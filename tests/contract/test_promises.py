"""The list of promises and the tests agree, and a list that does not is found out."""

from pathlib import Path

import pytest

from tests.contract.promises import FILE, Promise, faults, promises, shown

MAKEFILE = "bench: install\n"


def test_every_promise_that_is_done_has_a_test_and_every_test_a_promise() -> None:
    rows = promises(FILE.read_text())
    assert faults(rows, shown(), Path("Makefile").read_text()) == []


def test_every_row_is_read_once() -> None:
    lines = [line for line in FILE.read_text().splitlines() if line.startswith("| ")]
    rows = promises(FILE.read_text())
    headings = sum(line.startswith("| id |") for line in lines)
    assert len({row.id for row in rows}) == len(rows) == len(lines) - headings


@pytest.mark.parametrize(
    ("state", "tests", "says"),
    [
        ("done", {}, ["A1 (Report) is done, and no test names F-A1"]),
        ("part", {}, ["A1 (Report) is part, and no test names F-A1"]),
        ("open", {"A1": ["t.py"]}, ["A1 (Report) is open, and t.py names it"]),
        ("soon", {}, ["A1: the state is 'soon', not done, part, open or a command"]),
        ("`make tea`", {}, ["A1: the Makefile has no target 'tea'"]),
        ("open", {"Z9": ["t.py"]}, ["t.py names F-Z9, which is not a row of tests/PROMISES.md"]),
        ("done", {"A1": ["t.py"]}, []),
        ("`make bench`", {}, []),
    ],
)
def test_a_list_that_is_wrong_is_named(
    state: str, tests: dict[str, list[str]], says: list[str]
) -> None:
    assert faults([Promise("A1", "Report", state)], tests, MAKEFILE) == says
