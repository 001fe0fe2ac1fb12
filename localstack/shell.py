"""Running uv, pip and pythons: what they print, and what is to be done when they fail.

Standard library only and valid from Python 3.9 on, as `install.py`.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
# What uv and pip print when no registry answers, or one that lacks what is pinned.
_UNREACHABLE = re.compile(
    r"failed to fetch|connection (refused|reset|error|timed out)|name resolution|dns error"
    r"|NewConnectionError|No matching distribution",
    re.IGNORECASE,
)


class InstallError(Exception):
    """One sentence saying what is missing and how to get it."""


def answers(program: str) -> bool:
    """Return whether a program runs at all (a version manager's shim may not)."""
    return not subprocess.run([program, "--version"], capture_output=True, check=False).returncode


def run(*command: str | Path, directory: Path = ROOT, text: str | None = None) -> str:
    """Return what a command prints; raise what is to be done when it fails."""
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
    """Return what is to be done about a command that failed, with its last words."""
    lines = output.strip().splitlines()
    reason = next((line.strip() for line in lines if _UNREACHABLE.search(line)), None)
    if reason:
        return (
            f"packages could not be fetched ({reason}): check the network; where a mirror is used, "
            "name it in UV_DEFAULT_INDEX and PIP_INDEX_URL, then run `make install` again"
        )
    return f"`{command}` failed:\n" + "\n".join(lines[-15:])
