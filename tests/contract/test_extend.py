"""The examples of docs/EXTEND.md work: each is applied to a copy of the repository and checked."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

_EXAMPLE = re.compile(r"^```diff (\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXAMPLES = {name: diff for name, diff in _EXAMPLE.findall(Path("docs/EXTEND.md").read_text())}
COPIED = ("docs", "events", "functions", "layers", "localstack", "statemachine", "tests")
# What says whether a part is missing, for each example.
CHECKS = {
    "step": ["tests/contract/test_one_word.py"],
    "provider": ["tests/contract/test_providers.py", "tests/contract/test_limits.py"],
    "channel": ["tests/functions/escalation/test_notify_chat.py"],
    "field": [
        "tests/contract/test_fields.py",
        "tests/contract/test_reference.py::test_the_committed_document_is_what_the_code_says",
        "tests/store/test_intake.py::test_every_column_of_the_caller_is_stored",
    ],
}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The repository's files, in a folder of their own."""
    # With what Python has compiled: the copies are as old as the originals. What another process
    # is compiling has another name a moment later.
    ignored = shutil.ignore_patterns("*.onnx", "*.pyc.*")
    for folder in COPIED:
        shutil.copytree(folder, tmp_path / folder, ignore=ignored)
    for file in ("template.yaml", "pyproject.toml", "requirements.lock"):
        shutil.copy(file, tmp_path)
    # The database's programs, which are large.
    (tmp_path / ".local").symlink_to(Path(".local").resolve())
    return tmp_path


def run(folder: Path, *command: str, text: str = "") -> str:
    """What the command prints when it fails; empty otherwise."""
    environment = {**os.environ, "PYTHONPATH": "layers/deskhand"}
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr if done.returncode else ""


def test_every_example_has_its_checks() -> None:
    assert EXAMPLES.keys() == CHECKS.keys()


@pytest.mark.parametrize("name", CHECKS)
def test_an_example_lacks_nothing(name: str, copy: Path) -> None:
    assert run(copy, "git", "apply", "--recount", "-", text=EXAMPLES[name]) == ""
    if name == "field":  # `make reference`
        assert run(copy, sys.executable, "-m", "deskhand.reference") == ""
    assert run(copy, sys.executable, "-m", "ruff", "check", "functions", "layers") == ""
    if name == "step":
        # Most of it is checked already.
        if Path(".mypy_cache").exists():
            shutil.copytree(".mypy_cache", copy / ".mypy_cache")
        assert run(copy, sys.executable, "-m", "mypy", "functions/detect_script/handler.py") == ""
    assert run(copy, sys.executable, "-m", "pytest", "-q", *CHECKS[name]) == ""


def test_what_an_example_leaves_out_is_said_in_a_sentence(copy: Path) -> None:
    assert run(copy, "git", "apply", "--recount", "-", text=EXAMPLES["step"]) == ""
    (copy / "events/detect_script.json").unlink()
    said = run(copy, sys.executable, "-m", "pytest", "-q", *CHECKS["step"], "-k", "all_its_parts")
    assert "`detect_script` has no event: write events/detect_script.json" in said
