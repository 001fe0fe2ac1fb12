"""The bootstrap: what it finds on a machine, and when it has nothing to do."""

import sys
from pathlib import Path

import pytest

import install
import shell
from install import Environment


def environment(tmp_path: Path) -> Environment:
    requirements = tmp_path / "requirements.txt"
    requirements.write_text("a==1")
    return Environment("test", tmp_path / "venv", requirements)


def test_this_interpreter_is_a_python_3_13_and_a_shell_is_not() -> None:
    assert install.works(sys.executable)
    assert install.works("/bin/sh") is None
    assert install.works("/no/such/python") is None


def test_uv_is_pinned_with_its_hashes() -> None:
    lines = install.locked_lines("uv").splitlines()
    assert lines[0].startswith("uv==")
    assert len(lines) > 1
    assert all("--hash=sha256:" in line for line in lines[1:])


def test_a_package_that_is_not_pinned_is_named() -> None:
    with pytest.raises(shell.InstallError, match="does not name nothing-of-the-kind"):
        install.locked_lines("nothing-of-the-kind")


def test_an_environment_is_current_until_its_file_changes(tmp_path: Path) -> None:
    made = environment(tmp_path)
    assert not made.is_current()
    made.python.parent.mkdir(parents=True)
    made.python.symlink_to(sys.executable)
    assert not made.is_current()
    made._stamp.write_text(made._digest())
    assert made.is_current()
    made.requirements.write_text("a==2")
    assert not made.is_current()


def test_an_environment_whose_python_is_gone_is_not_current(tmp_path: Path) -> None:
    made = environment(tmp_path)
    made.python.parent.mkdir(parents=True)
    made.python.symlink_to(tmp_path / "removed/python3.13")
    made._stamp.write_text(made._digest())
    assert not made.is_current()


def test_a_failed_command_tells_its_last_words() -> None:
    with pytest.raises(shell.InstallError, match="no luck"):
        shell.run("/bin/sh", "-c", "echo no luck >&2; exit 3")


@pytest.mark.parametrize(
    "output",
    [
        "error: Request failed\n  cause: Failed to fetch: http://x/simple/six/\n  cause: tcp",
        "WARNING: retrying\nERROR: No matching distribution found for uv==0.9\n",
        "ERROR: Temporary failure in name resolution",
    ],
)
def test_a_registry_that_does_not_answer_is_said_in_a_sentence(output: str) -> None:
    said = shell.fault("uv pip sync", output)
    assert said.startswith("packages could not be fetched (")
    assert "UV_DEFAULT_INDEX and PIP_INDEX_URL" in said
    assert "\n" not in said


def test_another_failure_keeps_its_last_words() -> None:
    assert shell.fault("pip x", "a\nb\n") == "`pip x` failed:\na\nb"
