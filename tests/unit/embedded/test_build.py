"""What decides whether SAM has to build again, and how SAM is run."""

from itertools import count
from pathlib import Path

import pytest

from embedded import aws, build
from embedded.errors import EmbeddedError
from embedded.patience import Patience


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "template.yaml").write_text("a: 1")
    for source in ("functions/classify", "layers/base", "statemachine"):
        (tmp_path / source).mkdir(parents=True)
        (tmp_path / source / "file.py").write_text("x")
    return tmp_path


@pytest.mark.parametrize("changed", ["template.yaml", "layers/base/file.py", "functions/new.py"])
def test_the_digest_changes_with_what_is_deployed(tree: Path, changed: str) -> None:
    before = build.source_digest(tree)
    (tree / changed).write_text("y")
    assert build.source_digest(tree) != before


def test_the_digest_does_not_change_with_anything_else(tree: Path) -> None:
    before = build.source_digest(tree)
    (tree / "functions/classify/__pycache__").mkdir()
    (tree / "functions/classify/__pycache__/file.pyc").write_text("y")
    (tree / "README.md").write_text("y")
    assert build.source_digest(tree) == before


@pytest.fixture
def sam(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in SAM's place, since what counts here is how it is run."""
    program = tmp_path / "sam"
    monkeypatch.setattr(aws, "sam", lambda: program)
    monkeypatch.setattr(build, "_POLL_SECONDS", 0.05)
    return program


def script(program: Path, text: str) -> None:
    program.write_text(f"#!/bin/sh\n{text}\n")
    program.chmod(0o755)


def test_a_failure_is_told_in_sams_last_words(sam: Path) -> None:
    script(sam, "echo ' File with same data'; echo; echo no such layer; exit 1")
    with pytest.raises(EmbeddedError) as raised:
        build.run_sam("deploy", endpoint="http://127.0.0.1:1")
    assert str(raised.value) == "sam deploy failed: \nno such layer"


def test_waiting_for_what_was_rolled_back_ends(sam: Path) -> None:
    script(sam, "exec sleep 60")
    with pytest.raises(EmbeddedError, match="sam deploy failed: the stack ended badly"):
        build.run_sam("deploy", endpoint="http://x", failed=lambda: "the stack ended badly")


def test_a_standstill_ends(sam: Path) -> None:
    script(sam, "exec sleep 60")
    with pytest.raises(EmbeddedError, match="nothing new has happened for 1 s, so it was stopped"):
        build.run_sam("deploy", endpoint="http://x", patience=Patience(1))


def test_what_makes_progress_may_take_as_long_as_it_wants(sam: Path) -> None:
    looks = count()
    script(sam, f"until [ -e {sam}.done ]; do sleep 0.02; done")

    def progress() -> int:
        # Ends SAM once it was looked at so often that the clock has passed the limit many times.
        if (look := next(looks)) == 10:
            sam.with_name("sam.done").touch()
        return look

    ticks = count(0, 45)  # a minute's limit, and 45 s from one look at the clock to the next
    patience = Patience(60, clock=lambda: float(next(ticks)))
    build.run_sam("deploy", endpoint="http://x", progress=progress, patience=patience)
    assert next(looks) > 10


def test_patience_starts_anew_with_everything_new() -> None:
    clock, ended = [0.0], []
    patience = Patience(10, clock=lambda: clock[0])
    for at, seen in ((0.0, 1), (10.0, 1), (10.5, 2), (20.5, 2), (20.6, 2)):
        clock[0] = at
        ended.append(patience.has_ended(seen))
    assert ended == [False, False, False, False, True]


def test_sam_knows_no_other_account(sam: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "company")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "real")
    script(sam, '[ -z "$AWS_PROFILE$AWS_SESSION_TOKEN" ] && [ "$AWS_ACCESS_KEY_ID" = test ]')
    build.run_sam("deploy", endpoint="http://x")
