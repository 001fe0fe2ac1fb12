"""What people give to `make`, right and wrong, and what the commands say to it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from embedded import values
from embedded.__main__ import _COMMANDS, main
from embedded.command_line import parser
from embedded.errors import EmbeddedError
from embedded.instance import Instance
from embedded.target import entry

ROOT = Path(__file__).resolve().parents[3]
HELP = subprocess.run(
    ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
).stdout


def said(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *given: str) -> str:
    """What a command that refuses its arguments prints to standard error."""
    monkeypatch.setattr(sys, "argv", ["embedded", *given])
    assert main() == 1
    output = capsys.readouterr()
    assert not output.out
    return output.err


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (
            ["demo", "--count", "abc"],
            "demo: N=abc: give a whole number of at least 1, for example `make demo N=500`\n",
        ),
        (["demo", "--count", "0"], "demo: N=0: give a whole number of at least 1"),
        (["demo", "--count", "-3"], "demo: N=-3: give a whole number"),
        (["demo", "--tickets", "nope.jsonl"], "demo: nope.jsonl cannot be read: No such file"),
        (["import", ""], "import: FILE is missing: give it, for example `make import FILE="),
        (["articles", ""], "articles: DIR is missing: give it, for example `make articles DIR="),
        (["catalog", ""], "catalog: FILE is missing"),
        (["catalog", "x", "--dry-run", "maybe"], "catalog: DRY_RUN=maybe: give DRY_RUN=1 for yes"),
        (["rotate-keys", "--retire", "2"], "rotate-keys: RETIRE=2: give RETIRE=1 for yes"),
        (["admin", " "], "admin: EMAIL is missing: give it, for example `make admin EMAIL="),
        (["admin", "you"], "admin: EMAIL=you is not an e-mail address: give one, for example"),
        (["history", ""], "history: TICKET is missing"),
        (["invoke", "nope"], "invoke: F=nope: no such event; there are events for analytics, "),
        (["invoke", ""], "invoke: F is missing: choose analytics, "),
        (["token", "alice", "boss"], "token: ROLE=boss: choose admin, agent, customer or service"),
    ],
)
def test_a_wrong_value_says_what_is_accepted(
    given: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    error = said(capsys, monkeypatch, *given)
    assert error.startswith(sentence)
    assert "usage:" not in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    "given", [["import", "pyproject.toml"], ["articles", "."], ["verify"], ["history", "abcdef123"]]
)
def test_where_nothing_runs_the_demo_is_the_way(
    given: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("embedded.instance.ROOT", tmp_path)
    monkeypatch.setenv("DESKHAND_INSTANCE", "never-started")
    error = said(capsys, monkeypatch, *given)
    assert error == f"{given[0]}: the stack is not running: run `make demo`\n"


@pytest.mark.parametrize("given", ["ingest,posts", "ingest posts", " ingest ,  posts,ingest"])
def test_commas_and_spaces_part_words(given: str) -> None:
    assert values.several("ONLY", ["posts", "ingest", "sizes"], given) == ["ingest", "posts"]


def test_no_word_means_all_of_them() -> None:
    assert values.several("ONLY", ["posts", "ingest"], " ") == ["posts", "ingest"]


def test_an_unknown_word_is_named_beside_the_known_ones() -> None:
    with pytest.raises(EmbeddedError, match=r"ONLY=a,nope: nope does not exist; choose a or b \("):
        values.several("ONLY", ["a", "b"], "a,nope")


@pytest.mark.parametrize(
    ("given", "meant"), [("1", True), ("yes", True), ("0", False), ("", False)]
)
def test_a_flag_can_also_be_switched_off(given: str, meant: bool) -> None:
    assert values.flag("RETIRE")(given) is meant


@pytest.mark.parametrize("part", ["bench", "eval", "faults"])
def test_a_part_that_does_not_exist_is_refused_before_anything_runs(part: str) -> None:
    done = subprocess.run(
        ["make", "--no-print-directory", "--assume-old=install", part, "ONLY=nope"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode
    assert f"{part}: ONLY=nope: nope does not exist; choose " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def unused_instance() -> Iterator[str]:
    """The name of an instance of the checkout that does not run; nothing of it stays."""
    name = "never-started"
    yield name
    Instance(name).remove()


def test_a_value_is_never_a_part_of_a_shell_command(unused_instance: str) -> None:
    given = "-x it's \" $(false) `false`; false"
    done = subprocess.run(
        ["make", "--no-print-directory", "history"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TICKET": given, "DESKHAND_INSTANCE": unused_instance},
    )
    assert done.stderr.startswith("history: the stack is not running: run `make demo`\n")


def test_one_value_of_the_target_is_printed_as_it_is() -> None:
    described = {"base_url": "http://x", "tokens": {"admin": "t"}}
    assert entry(described, "base_url") == "http://x"
    assert entry(described, "tokens.admin") == "t"
    assert entry(described, "") == described
    with pytest.raises(EmbeddedError, match="KEY=url: there is no url; there are base_url, tokens"):
        entry(described, "url")
    with pytest.raises(EmbeddedError, match=r"KEY=base_url\.x: there is no x"):
        entry(described, "base_url.x")


def test_the_help_is_in_groups_and_fits_a_terminal() -> None:
    lines = HELP.splitlines()
    assert [line for line in lines if line and line[0] != " "] == [
        "Try it",
        "Use it",
        "On AWS",
        "Check it",
        "Change it",
    ]
    assert max(map(len, lines)) <= 80


def test_every_target_is_in_the_help_once() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE)
    assert sorted(re.findall(r"^  make ([a-z-]+)", HELP, re.MULTILINE)) == sorted(targets)
    phony = re.search(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    assert phony
    assert sorted(phony[1].split()) == sorted(targets)


def test_every_command_that_is_read_is_done() -> None:
    [commands] = [each for each in parser()._actions if each.dest == "command"]
    assert set(commands.choices or ()) == _COMMANDS.keys()
