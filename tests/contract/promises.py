"""tests/PROMISES.md and the tests that name its rows: `make features` prints both.

It fails when a row that is done has no test, or when a test names a row that does not exist.
"""

import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

FILE = Path("tests/PROMISES.md")
ROOTS = (Path("tests"), Path("localstack/executor/tests"))
STATES = ("done", "part", "open")
_ROW = re.compile(r"^\| ([A-Z]\d+) \| ([^|]+) \| (.+) \| ([^|]+) \|$", re.MULTILINE)
_NAMED = re.compile(r"\bF-([A-Z]\d+)\b")

type Shown = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Promise:
    """A row: `state` is one of STATES, or a command in backticks whose run shows the row."""

    id: str
    name: str
    state: str


def promises(text: str) -> list[Promise]:
    """The rows of the file."""
    return [Promise(i, name, state) for i, name, _, state in _ROW.findall(text)]


def shown() -> dict[str, list[str]]:
    """The tests that name each row in their docstring, as pytest is given them."""
    found: dict[str, list[str]] = defaultdict(list)
    for root in ROOTS:
        for path in sorted(root.rglob("test_*.py")):
            for test, docstring in _docstrings(path):
                for promise in dict.fromkeys(_NAMED.findall(docstring)):
                    found[promise].append(test)
    return found


def faults(rows: Sequence[Promise], tests: Shown, commands: str) -> list[str]:
    """What is wrong with the rows; `commands` is the Makefile."""
    return [*_of_rows(rows, tests, commands), *_unknown(rows, tests)]


def _of_rows(rows: Sequence[Promise], tests: Shown, commands: str) -> Iterator[str]:
    for row in rows:
        command = re.fullmatch(r"`make ([a-z-]+)`", row.state)
        if command and not re.search(rf"^{command[1]}:", commands, re.MULTILINE):
            yield f"{row.id}: the Makefile has no target {command[1]!r}"
        if not command and row.state not in STATES:
            yield f"{row.id}: the state is {row.state!r}, not {', '.join(STATES)} or a command"
        if row.state in ("done", "part") and not tests.get(row.id):
            yield f"{row.id} ({row.name}) is {row.state}, and no test names F-{row.id}"
        if row.state == "open" and tests.get(row.id):
            yield f"{row.id} ({row.name}) is open, and {tests[row.id][0]} names it"


def _unknown(rows: Sequence[Promise], tests: Shown) -> Iterator[str]:
    known = {row.id for row in rows}
    for promise, naming in tests.items():
        if promise not in known:
            yield f"{naming[0]} names F-{promise}, which is not a row of {FILE}"


def _docstrings(path: Path) -> Iterator[tuple[str, str]]:
    """The tests of a file, and the file itself, each with its docstring."""
    module = ast.parse(path.read_text())
    yield str(path), ast.get_docstring(module) or ""
    for node in ast.walk(module):
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            yield f"{path}::{node.name}", ast.get_docstring(node) or ""


def main() -> int:
    """Print each row with its tests; the exit status says whether the list is right."""
    rows, tests = promises(FILE.read_text()), shown()
    for row in rows:
        print(f"{row.id:4} {row.state:14} {row.name}")
        for test in tests.get(row.id, ()):
            print(f"         {test}")
    wrong = faults(rows, tests, Path("Makefile").read_text())
    count = {state: sum(row.state == state for row in rows) for state in STATES}
    print(f"\n{len(rows)} rows: " + ", ".join(f"{n} {state}" for state, n in count.items()))
    for each in wrong:
        print(each, file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
