"""The process that outlives LocalStack to clean up after it (see watchdog.py)."""

import os
import shutil
import signal
import sys
from collections.abc import Iterable


def remaining_groups(lines: Iterable[str]) -> set[int]:
    """The process groups that were registered and not unregistered by the end of the lines."""
    groups: set[int] = set()
    for line in lines:
        change = groups.add if line.startswith("+") else groups.discard
        change(int(line[1:]))
    return groups


def kill(groups: Iterable[int]) -> None:
    """Kill what is left of the groups."""
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except OSError:
            continue


if __name__ == "__main__":
    kill(remaining_groups(sys.stdin))
    shutil.rmtree(sys.argv[1], ignore_errors=True)
