"""The linters of `make lint`: each runs, unless it would say again what it said before."""

import sys
from pathlib import Path

import pytest

import lint
from lint import LINTERS, ROOT, Linter


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that a linter reads."""
    monkeypatch.setattr(lint, "PASSED", tmp_path / "passed")
    (tmp_path / "read").write_text("one")
    return tmp_path / "read"


def counting(read: Path, status: int = 0, *, cached: bool = True) -> Linter:
    """A linter that prints how often it has run, and ends with a status."""
    program = (
        "import pathlib, sys; runs = pathlib.Path(sys.argv[1]);"
        "n = int(runs.read_text()) + 1 if runs.exists() else 1;"
        "runs.write_text(str(n)); print('run', n); sys.exit(int(sys.argv[2]))"
    )
    command = (sys.executable, "-c", program, str(read.with_name("runs")), str(status))
    return Linter("counting", command, (str(read),) if cached else ())


def test_what_has_passed_says_the_same_again_until_a_file_changes(read: Path) -> None:
    linter = counting(read)
    assert [linter.run(), linter.run()] == [(True, "run 1\n")] * 2
    read.write_text("two")
    assert [linter.run(), linter.run()] == [(True, "run 2\n")] * 2


def test_what_fails_runs_again(read: Path) -> None:
    linter = counting(read, 1)
    assert [linter.run(), linter.run()] == [(False, "run 1\n"), (False, "run 2\n")]


def test_another_region_is_another_question(read: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    linter = counting(read)
    assert linter.run() == (True, "run 1\n")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    assert linter.run() == (True, "run 2\n")


def test_a_linter_of_the_code_runs_each_time(read: Path) -> None:
    linter = counting(read, cached=False)
    assert [linter.run()[1], linter.run()[1]] == ["run 1\n", "run 2\n"]


def test_one_that_fails_is_named_and_the_others_run_nevertheless(
    read: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = Linter("good", (sys.executable, "-c", "print('fine')"))
    monkeypatch.setattr(lint, "LINTERS", (counting(read, 1), good))
    assert lint.main() == 1
    printed = capsys.readouterr()
    assert sorted(printed.out.splitlines()) == ["fine", "run 1"]
    assert printed.err == "lint: failed: counting\n"


def test_every_file_that_decides_exists() -> None:
    for linter in LINTERS:
        for path in linter.reads:
            assert (ROOT / path).is_file(), path
