"""Tests stand alone: what several of them use is in a module of its own."""

import ast
from pathlib import Path


def test_nothing_imports_from_a_test() -> None:
    wrong = [
        f"{path} imports from {node.module}: move what they share to a module of its own"
        for path in sorted(Path("tests").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom)
        if (node.module or "").rsplit(".", 1)[-1].startswith("test_")
    ]
    assert wrong == []
