"""How functions are named: a command is a verb, a query is a noun."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOTS = ("layers/deskhand/deskhand", "functions", "localstack")
FILES = [
    path
    for root in ROOTS
    for path in sorted(Path(root).glob("**/*.py"))
    if "tests" not in path.parts
]
# These end like participles and are none.
_VERBS = {"embed", "feed", "need"}
_IRREGULAR = {
    "bound", "built", "chosen", "found", "given", "held", "kept", "known", "learnt", "left", "lost",
    "made", "said", "seen", "sent", "shown", "taken", "told", "written",
}  # fmt: skip


def _functions(path: Path) -> Iterator[str]:
    """The module's public functions and methods; a property is a value of its object."""
    tree = ast.parse(path.read_text())
    classes = [each.body for each in tree.body if isinstance(each, ast.ClassDef)]
    functions = (each for body in (tree.body, *classes) for each in body)
    for node in functions:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            decorators = [ast.unparse(each) for each in node.decorator_list]
            if not any("property" in each for each in decorators):
                yield node.name


def _is_participle(name: str) -> bool:
    """Whether the whole name is a participle: `recounted`, but neither `failed_runs` nor
    `is_edited`."""
    return name in _IRREGULAR or (bool(re.fullmatch(r"[a-z]+ed", name)) and name not in _VERBS)


@pytest.mark.parametrize(
    ("name", "found"),
    [("recounted", True), ("told", True), ("embed", False), ("is_edited", False), ("mask", False)],
)
def test_a_participle_is_known_by_its_ending(name: str, found: bool) -> None:
    assert _is_participle(name) is found


def test_no_function_is_named_by_a_participle() -> None:
    """Such a name does not say whether the function does something or returns something."""
    assert [
        f"{path}: `{name}`: a verb if it acts, a noun if it returns something"
        for path in FILES
        for name in _functions(path)
        if _is_participle(name)
    ] == []
