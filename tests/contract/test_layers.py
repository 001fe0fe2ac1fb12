"""Each function has the layers whose packages it needs to start, or AWS could not start it."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

from embedded import aws
from tests.contract.template import of_type, snake

PACKAGE = Path("layers/deskhand")
FUNCTIONS = {
    snake(name.removesuffix("Function")): p for name, p in of_type("AWS::Serverless::Function")
}
# Every function has it, as it has the package itself.
BASE = "base"


@cache
def imported(path: Path) -> frozenset[str]:
    """The modules that are imported when this one is, of ours and of others."""
    names: set[str] = set()
    for node in _run_at_start(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {each.name for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{each.name}" for each in node.names)}
    return frozenset(names)


def _run_at_start(node: ast.AST) -> Iterator[ast.AST]:
    """What is run when a module is imported: no body of a function, nothing for a type checker."""
    for child in ast.iter_child_nodes(node):
        later = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        if later or (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)):
            continue
        yield child
        yield from _run_at_start(child)


def needed(handler: Path) -> dict[str, str]:
    """The packages of others that a function imports at its start, each with a module that does."""
    found: dict[str, str] = {}
    waiting, seen = [handler], {handler}
    while waiting:
        path = waiting.pop()
        for name in imported(path):
            found.setdefault(name.split(".")[0], str(path))
            module = PACKAGE / f"{name.replace('.', '/')}.py"
            if name.startswith("deskhand.") and module.exists() and module not in seen:
                seen.add(module)
                waiting.append(module)
    return found


@cache
def layers() -> dict[str, set[str]]:
    """The layers by the name under which each of their packages is imported."""
    held: dict[str, set[str]] = {}
    for file in Path("layers").glob("*/requirements.txt"):
        for package in re.findall(r"^([\w.-]+)==", file.read_text(), re.MULTILINE):
            held.setdefault(_plain(package), set()).add(file.parent.name)
    brought: dict[str, set[str]] = {}
    for name, packages in packages_distributions().items():
        for package in packages:
            brought.setdefault(name, set()).update(held.get(_plain(package), ()))
    return {name: found for name, found in brought.items() if found}


def _plain(package: str) -> str:
    return re.sub(r"[-_.]+", "-", package).lower()


@pytest.mark.parametrize("word", FUNCTIONS)
def test_a_function_has_the_layers_that_its_imports_need(word: str) -> None:
    function: dict[str, Any] = FUNCTIONS[word]
    has = {BASE} | {
        snake(each["Ref"]).removesuffix("_layer") for each in function.get("Layers", [])
    }
    lacking = {
        name: f"{module} imports it; it is in the layer {' or '.join(sorted(layers()[name]))}"
        for name, module in needed(Path(f"functions/{word}/handler.py")).items()
        if name in layers() and not layers()[name] & has
    }
    assert lacking == {}


def test_what_the_test_rests_on() -> None:
    assert layers()["numpy"] == {"embedding"}
    assert layers()["argon2"] == {"auth"}
    assert "numpy" in needed(Path("functions/import_articles/handler.py"))
    assert "numpy" not in needed(Path("functions/ingest/handler.py"))


def test_layers_are_built_for_lambda_unless_the_local_stack_builds_them() -> None:
    """F-N2: nobody has to remember it."""
    for file in Path("layers").glob("*/Makefile"):
        text = file.read_text()
        wheels = "$(UV) pip install" in text
        assert ("\nLAYER_PLATFORM ?= x86_64-manylinux_2_28\n" in text) == wheels, file
    assert aws.environment("http://127.0.0.1:1")["LAYER_PLATFORM"] == ""
