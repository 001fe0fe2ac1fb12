"""One command beside another: each is heard, and each may fail the whole."""

import subprocess
import sys

import pytest

import beside


def program(text: str, status: int) -> list[str]:
    return [sys.executable, "-c", f"print({text!r}); raise SystemExit({status})"]


@pytest.mark.parametrize(
    ("behind", "before", "status"), [(0, 0, 0), (3, 0, 3), (0, 4, 4), (3, 4, 4)]
)
def test_what_was_behind_is_printed_last_and_either_may_fail(
    behind: int, before: int, status: int
) -> None:
    command = [*program("behind", behind), "--", *program("before", before)]
    done = subprocess.run(
        [sys.executable, beside.__file__, *command], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (status, "before\nbehind\n")
