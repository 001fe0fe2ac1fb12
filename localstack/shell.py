"""Runs uv, pip and Python, and explains their failures.

It uses only the standard library and runs on Python 3.9 and later, as `install.py`.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# The output of uv and pip when no registry answers, or when it lacks a pinned version.
_UNREACHABLE = re.compile(
    r"failed to fetch|connection (refused|reset|error|timed out)|name resolution|dns error"
    r"|NewConnectionError|No matching distribution",
    re.IGNORECASE,
)


class InstallError(Exception):
    """One sentence that says what is missing and how to get it."""


def answers(program: str) -> bool:
    """Return whether a program runs at all (a version manager's shim may not)."""
    return not subprocess.run([program, "--version"], capture_output=True, check=False).returncode


def run(*command: str | Path, directory: Path = ROOT, text: str | None = None) -> str:
    """Return the output of a command; raise InstallError with what to do when it fails."""
    foreign = ("VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME")
    environment = {k: v for k, v in os.environ.items() if k not in foreign}
    try:
        done = subprocess.run(
            list(map(str, command)),
            capture_output=True,
            text=True,
            check=False,
            cwd=directory,
            input=text,
            env=environment,
        )
    except OSError as error:
        raise InstallError(f"{command[0]} could not be run: {error}") from None
    if done.returncode:
        raise InstallError(fault(" ".join(map(str, command)), done.stderr + done.stdout))
    return done.stdout


def fault(command: str, output: str) -> str:
    """Return what to do about a command that failed, with its last output."""
    lines = output.strip().splitlines()
    reason = next((line.strip() for line in lines if _UNREACHABLE.search(line)), None)
    if reason:
        return (
            f"packages could not be fetched ({reason}): check the network; where a mirror is used, "
            "name it in UV_DEFAULT_INDEX and PIP_INDEX_URL, then run `make install` again"
        )
    return f"`{command}` failed:\n" + "\n".join(lines[-15:])
